// Layout E: the work orders with their progress and risk, and one of them in detail.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { FormSheet } from "./lib/form.js";
import { idKeeper } from "./lib/live.js";
import { Empty, ErrorBar, Icon, PersonButton, Progress, Skeleton, TopBar } from "./lib/ui.js";

const CONFIRM_MS = 5000;
const GROUPS = {
  all: null,
  running: ["running"],
  waiting: ["allowed_to_start", "not_allowed_to_start"],
  stopped: ["held", "suspended"],
  completed: ["completed"],
};
const RISK_ORDER = { late: 0, at_risk: 1, on_time: 2, done: 3 };
const SORTS = {
  number: (row) => row.number,
  place: (row) => row.place,
  state: (row) => row.state.word,
  percent: (row) => row.percent,
  due: (row) => row.dueMs,
  finish: (row) => row.finishMs ?? Infinity,
  risk: (row) => RISK_ORDER[row.risk],
};
const RISK_ICONS = { late: "error", at_risk: "warning", on_time: "check", done: "task_alt" };
const VERB_ICONS = {
  release: "lock_open", start: "play_arrow", pause: "pause", hold: "front_hand", resume: "play_arrow", complete: "flag",
  close: "inventory_2", abort: "block",
};

export const OrdersScreen = {
  components: { BadgeSheet, Empty, ErrorBar, FormSheet, Icon, PersonButton, Progress, Skeleton, TopBar },
  template: `<div class="orders" :class="{ stale: live.stale, detailed: chosen }">
    <TopBar><h1 class="cut">{{ live.t('orders.title') }}</h1><template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <ErrorBar v-if="problem && !chosen" :problem="problem" closable @close="problem = null" />
    <Skeleton v-if="!live.ready" layout="list" :count="8" />
    <main v-else class="orders-grid values">
      <section class="orders-list">
        <div class="filters"><div class="segments" role="tablist"><button v-for="(_, name) in groups" :key="name" :class="{ on: group === name }" @click="group = name">
            {{ live.t('orders.group.' + name) }} <span class="num">{{ count(name) }}</span></button></div>
          <label class="search"><Icon name="search" /><input v-model="text" :placeholder="live.t('orders.search')" maxlength="40" /></label>
          <button v-if="vm.mayCreate" class="action small new-order" :disabled="live.offline" @click="create"><Icon name="add" />{{ live.t('orders.new') }}</button></div>
        <div class="table panel" role="table">
          <div class="table-head" role="row"><button v-for="name in columns" :key="name" :class="['col-' + name, { on: sort === name }]" @click="sortBy(name)">
            {{ live.t('orders.col.' + name) }}<Icon v-if="sort === name" :name="down ? 'arrow_downward' : 'arrow_upward'" /></button></div>
          <div class="table-body scroll">
            <button v-for="row in rows" :key="row.key" class="table-row" role="row" :class="{ on: key === row.key }" :data-order="row.key" @click="choose(row.key)">
              <span class="col-number"><b class="num">{{ row.number }}</b><span class="secondary cut">{{ row.itemName }}</span></span>
              <span class="col-place cut">{{ row.place }}</span>
              <span class="col-state"><span class="order-state" :class="'order-' + row.state.key"><Icon :name="row.state.icon" /><span class="cut">{{ row.state.word }}</span></span></span>
              <span class="col-percent"><span class="num">{{ row.good }} / {{ row.target }} <small>{{ row.unit }}</small></span><Progress :percent="row.percent" goal /></span>
              <span class="col-due num">{{ row.due }}</span><span class="col-finish num">{{ row.finish || '–' }}</span>
              <span class="col-risk" :class="'risk-' + row.risk"><Icon :name="riskIcons[row.risk]" /><span class="cut">{{ row.riskWord }}</span></span></button>
            <Empty v-if="!rows.length" icon="assignment" :text="live.t(all.length ? 'orders.none_match' : 'orders.empty')">
              <button v-if="all.length" class="action" @click="group = 'all'; text = ''">{{ live.t('orders.show_all') }}</button></Empty>
          </div></div></section>
      <aside class="panel detail" v-if="chosen">
        <header class="row between"><h2 class="num cut">{{ chosen.number }}</h2><button class="plain" :aria-label="live.t('close')" @click="key = null"><Icon name="close" /></button></header>
        <p class="title">{{ chosen.itemName }}</p>
        <p class="row"><span class="order-state" :class="'order-' + chosen.state.key"><Icon :name="chosen.state.icon" />{{ chosen.state.word }}</span>
          <span :class="'risk-' + chosen.risk"><Icon :name="riskIcons[chosen.risk]" />{{ chosen.riskWord }}</span></p>
        <div class="detail-count"><span class="big num">{{ chosen.good }}</span><span class="num">/ {{ chosen.target }} {{ chosen.unit }}</span><span class="num detail-percent">{{ chosen.percent }} %</span></div>
        <Progress :percent="chosen.percent" goal />
        <dl class="facts-list"><div v-for="fact in facts" :key="fact[0]"><dt>{{ fact[0] }}</dt><dd class="num">{{ fact[1] }}</dd></div></dl>
        <a class="action small open-order" :href="'/orders/' + encodeURIComponent(chosen.number)"><Icon name="open_in_new" />{{ live.t('orders.open') }}</a>
        <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
        <div class="detail-actions">
          <button v-for="verb in chosen.actions" :key="verb" class="action" :class="[verb, { primary: verb === chosen.actions[0], confirm: armed === verb }]" :disabled="live.offline || busy" @click="step(verb)">
            <Icon :name="verbIcons[verb]" />{{ live.t(armed === verb ? 'do.confirm' : 'do.' + verb) }}</button>
          <button v-if="!vm.person" class="action" :disabled="live.offline" @click="badge = true"><Icon name="badge" />{{ live.t('orders.sign_in') }}</button>
          <p v-else-if="!chosen.actions.length" class="secondary">{{ live.t('orders.nothing_to_do') }}</p></div>
      </aside></main>
    <FormSheet v-if="form" :title="live.t('orders.new')" icon="add" :note="live.t('orders.new.note')" :action="live.t('orders.new.create')" :fields="form" :busy="busy" :problem="refused" @close="form = refused = null" @confirm="created" />
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({
    form: null, refused: null, group: "all", text: "", sort: "due", down: false, key: null, badge: false, busy: false, armed: null,
    columns: Object.keys(SORTS), groups: GROUPS, riskIcons: RISK_ICONS, verbIcons: VERB_ICONS,
  }),
  computed: {
    vm() {
      return this.live.vm;
    },
    all() {
      return this.vm.orders || [];
    },
    rows() {
      const wanted = this.text.trim().toLowerCase();
      const matching = this.all.filter(
        (row) => this.inGroup(row, this.group) && (!wanted || `${row.number} ${row.itemName} ${row.item} ${row.place}`.toLowerCase().includes(wanted)),
      );
      const value = SORTS[this.sort];
      const sorted = [...matching].sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
      return this.down ? sorted.reverse() : sorted;
    },
    chosen() {
      return this.all.find((row) => row.key === this.key) || null;
    },
    facts() {
      const row = this.chosen;
      const t = this.live.t;
      return [
        [t("orders.col.place"), row.place],
        [t("orders.operation"), row.operation],
        [t("run.scrap"), row.scrap],
        [t("run.rework"), row.rework],
        [t("orders.col.due"), row.due],
        [t("orders.col.finish"), row.finish || "–"],
        [t("orders.started"), row.started || "–"],
        [t("orders.ended"), row.ended || "–"],
        [t("orders.priority"), row.priority],
        [t("orders.over"), row.over],
      ];
    },
  },
  watch: {
    key() {
      this.problem = this.armed = null;
    },
  },
  mounted() {
    this.ids = idKeeper();
    this.stop = this.live.onScan((text, problem) => {
      const known = this.all.find((row) => row.number.toUpperCase() === text.trim().toUpperCase());
      if (known) return (this.key = known.key);
      return problem ? (this.problem = problem) : this.signInByScan(text, () => (this.badge = true));
    });
  },
  unmounted() {
    this.stop();
    clearTimeout(this.timer);
  },
  methods: {
    inGroup: (row, name) => !GROUPS[name] || GROUPS[name].includes(row.state.key),
    count(name) {
      return this.all.filter((row) => this.inGroup(row, name)).length;
    },
    sortBy(name) {
      this.down = this.sort === name && !this.down;
      this.sort = name;
    },
    // What can be ordered here comes from the server; nothing is guessed but the number that would be next.
    async create() {
      const answer = await this.live.ask("choices");
      if (!answer.ok) return (this.problem = answer.problem);
      const { items, units, number } = answer.result;
      const t = this.live.t;
      const due = Math.ceil(this.live.now / 3600000) * 3600000 + 8 * 3600000;
      this.form = [
        { name: "number", type: "text", label: t("orders.col.number"), value: number, max: 64 },
        { name: "item", type: "choice", label: t("table.item"), options: items, value: items[0]?.value },
        { name: "quantity", type: "amount", label: t("table.quantity"), value: "" },
        { name: "equipment", type: "choice", label: t("orders.col.place"), options: [{ value: "", label: t("orders.new.by_routing") }, ...units], value: "", optional: true },
        { name: "due_at", type: "moment", label: t("orders.col.due"), value: due },
        { name: "priority", type: "whole", label: t("orders.priority"), value: 100 },
      ];
    },
    async created(body) {
      this.busy = true;
      const answer = await this.live.book("create_order", body, this.ids.for({ verb: "create_order", body }));
      this.busy = false;
      this.refused = answer.ok ? null : answer.problem;
      if (answer.ok) window.location.assign(`/orders/${encodeURIComponent(body.number)}`);
    },
    choose(key) {
      this.key = this.key === key ? null : key;
    },
    // What cannot be taken back wants a second tap.
    async step(verb) {
      clearTimeout(this.timer);
      if (this.armed !== verb) {
        this.armed = verb;
        this.timer = setTimeout(() => (this.armed = null), CONFIRM_MS);
        return;
      }
      this.armed = null;
      this.busy = true;
      const body = { number: this.chosen.number, operation: this.chosen.operation };
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      if (answer.ok) this.ids.forget();
    },
  },
};
