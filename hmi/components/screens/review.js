// Layout B: everything that waits for somebody's judgement, most pressing first, each with the next thing to do.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { FormSheet } from "./lib/form.js";
import { idKeeper } from "./lib/live.js";
import { Empty, ErrorBar, Icon, PersonButton, Skeleton, TopBar } from "./lib/ui.js";
import { Why, WhySheet } from "./lib/why.js";

const SAID_MS = 6000;
const DO_ICONS = { go: "arrow_forward", accept: "check", attribute: "assignment_turned_in", resume: "replay" };

export const ReviewScreen = {
  components: { BadgeSheet, Empty, ErrorBar, FormSheet, Icon, PersonButton, Skeleton, TopBar, Why, WhySheet },
  template: `<div class="desk review" :class="{ stale: live.stale }">
    <TopBar><h1 class="cut">{{ live.t('review.title') }}</h1><span v-if="vm.sections" class="title num secondary">{{ total }}</span><template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <ErrorBar v-if="problem || vm.problem" :problem="problem || vm.problem" :closable="Boolean(problem)" @close="problem = null" />
    <p v-if="said" class="said" role="status"><Icon name="check_circle" />{{ said }}</p>
    <Skeleton v-if="!live.ready || !vm.sections" layout="list" :count="6" />
    <main v-else-if="!vm.sections.length && !vm.problem" class="panel center"><Empty icon="task_alt" :text="live.t('review.empty')"><a class="action" href="/board">{{ live.t('board.title') }}</a></Empty></main>
    <main v-else class="review-grid values scroll">
      <section v-for="section in vm.sections" :key="section.key" class="panel slab" :data-section="section.key"><h2><Icon :name="section.icon" />{{ section.title }} <span class="num secondary">{{ section.rows.length }}</span></h2><p class="secondary">{{ section.hint }}</p>
        <div v-for="row in shown(section)" :key="row.key" class="item" :data-item="row.key"><div class="item-what"><b :class="{ abnormal: row.abnormal }">{{ row.title }}</b><span class="secondary">{{ row.detail }}</span></div>
          <div class="item-figure"><Why v-if="row.why" :path="row.why" @ask="why = $event"><b class="num">{{ row.figure }}</b></Why><b v-else class="num">{{ row.figure }}</b><span class="secondary num">{{ row.since }}</span></div>
          <a v-if="row.do && row.do.kind === 'go' && !row.locked" class="plain bordered" :href="row.do.href"><Icon :name="icons.go" />{{ row.do.word }}</a>
          <button v-else-if="row.locked" class="plain bordered" :disabled="live.offline" @click="badge = true"><Icon name="badge" />{{ live.t('orders.sign_in') }}</button>
          <button v-else-if="row.do" class="plain bordered" :class="'do-' + row.do.kind" :disabled="live.offline || busy" @click="act(row)"><Icon :name="icons[row.do.kind]" />{{ row.do.word }}</button><span v-else></span></div>
        <button v-if="section.rows.length > shown(section).length" class="more" @click="opened = [...opened, section.key]">{{ live.t('table.more', { count: section.rows.length - shown(section).length }) }}</button></section>
    </main>
    <FormSheet v-if="giving" :title="live.t('review.attribute') + ' · ' + giving.title" icon="assignment_turned_in" :note="live.t('review.attribute_note', { counted: giving.figure, time: giving.since })" :action="live.t('review.attribute')" :fields="fields" :busy="busy" :problem="refused" @close="giving = refused = null" @confirm="attribute" />
    <WhySheet v-if="why" :path="why" @close="why = null" />
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({ badge: false, why: null, giving: null, refused: null, busy: false, said: null, opened: [], icons: DO_ICONS }),
  computed: {
    vm() {
      return this.live.vm;
    },
    total() {
      return this.vm.sections.reduce((sum, section) => sum + section.rows.length, 0);
    },
    fields() {
      const t = this.live.t;
      const { orders } = this.giving.do;
      return [
        { name: "taker", type: "choice", label: t("orders.col.number"), options: orders, value: orders[0].value, wide: true },
        { name: "reason", type: "text", label: t("form.reason"), value: t("review.reason.1"), quick: [1, 2, 3].map((nr) => t(`review.reason.${nr}`)) },
      ];
    },
  },
  mounted() {
    this.ids = idKeeper();
    this.stop = this.live.onScan((text, problem) => (problem ? (this.problem = problem) : this.signInByScan(text, () => (this.badge = true))));
  },
  unmounted() {
    this.stop();
    clearTimeout(this.timer);
  },
  methods: {
    shown(section) {
      return this.opened.includes(section.key) ? section.rows : section.rows.slice(0, 6);
    },
    act(row) {
      if (row.do.kind === "attribute") return (this.giving = row);
      if (row.do.kind === "accept") return this.book("accept", { number: row.number, lots: {} }, row.title);
      return this.book("resume_webhook", { webhook: row.webhook }, row.title);
    },
    async attribute({ taker, reason }) {
      const { orders, since, until } = this.giving.do;
      const order = orders.find((one) => one.value === taker);
      const body = { order: order.number, operation: order.operation, since, until, reason };
      const problem = await this.book("attribute", body, order.number);
      this.refused = problem;
      if (!problem) this.giving = null;
    },
    async book(verb, body, what) {
      this.busy = true;
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      if (!this.giving) this.problem = answer.ok ? null : answer.problem;
      if (!answer.ok) return answer.problem;
      this.ids.forget();
      this.said = this.live.t("order.said", { what });
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.said = null), SAID_MS);
      return null;
    },
  },
};
