// Layout A: the operator's home. Every action is one tap away; it stays readable while locked.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { idKeeper } from "./lib/live.js";
import { LoadLotSheet } from "./lib/load_lot.js";
import { ScrapSheet, UndoToast } from "./lib/scrap.js";
import { StateStrip } from "./lib/strip.js";
import { span } from "./lib/time.js";
import { tone } from "./lib/tones.js";
import { Empty, ErrorBar, Icon, PersonButton, Progress, Skeleton, StateChip, TopBar, Unknown } from "./lib/ui.js";

const CONFIRM_MS = 4000;

export const RunScreen = {
  components: {
    BadgeSheet, Empty, ErrorBar, Icon, LoadLotSheet, PersonButton, Progress, ScrapSheet, Skeleton, StateChip, StateStrip,
    TopBar, UndoToast, Unknown,
  },
  template: `<div class="terminal run" :class="{ stale: live.stale }">
    <TopBar>
      <template v-if="vm.unit"><h1 class="cut">{{ vm.unit.name }}</h1><StateChip :state="vm.state" timed />
        <span class="secondary cut">{{ vm.state.detail }}</span></template>
      <template #person><PersonButton :person="vm.person" @tap="open('badge')" /></template>
    </TopBar>
    <Skeleton v-if="!live.ready" layout="run" :count="5" />
    <main v-else-if="!vm.unit" class="panel center"><Empty icon="help_center" :text="live.t('run.no_unit')">
      <a class="action" href="/"><Icon name="apps" />{{ live.t('home') }}</a></Empty></main>
    <template v-else>
      <main class="run-grid values">
        <section class="panel count" :class="{ long: (order.good + order.target).length > 14 }" v-if="order">
          <div class="row between"><span class="title cut"><b class="num">{{ order.number }}</b> {{ order.itemName }}</span>
            <span class="order-state" :class="'order-' + order.state.key"><Icon :name="order.state.icon" />{{ order.state.word }}</span></div>
          <div class="count-line"><span class="label">{{ live.t('run.good') }}</span>
            <span class="count-good num">{{ order.good }}</span><span class="count-target num">/ {{ order.target }} {{ order.unit }}</span>
            <span class="count-percent num">{{ order.percent }} %</span></div>
          <Progress :percent="order.percent" goal />
          <div class="row between facts"><span v-if="order.over" class="abnormal"><Icon name="north_east" />{{ live.t('run.over', { quantity: order.over }) }}</span>
            <span v-else>{{ live.t('run.left', { quantity: order.left }) }}</span>
            <span class="num" :class="{ abnormal: order.late }"><Icon v-if="order.late" name="warning" />
              <template v-if="order.finish">{{ live.t('run.finish', { time: order.finish }) }} · </template>{{ live.t('run.due', { time: order.due }) }}</span></div>
        </section>
        <section class="panel count center" v-else>
          <Empty icon="assignment" :text="live.t('run.no_order')"><a class="action primary" :href="queueUrl"><Icon name="view_list" />{{ live.t('run.open_queue') }}</a></Empty>
        </section>
        <section class="panel pace">
          <span class="label">{{ live.t('run.pace') }}</span>
          <div class="pace-line" v-if="order && order.pace" :class="{ 'pace-behind': order.pace.abnormal }"><Icon :name="order.pace.icon" />
            <span class="big num">{{ order.pace.amount }}</span><span class="pace-word">{{ order.pace.word }}</span></div>
          <div class="pace-line faint" v-else><span class="big">–</span><span class="pace-word">{{ live.t('run.no_pace') }}</span></div>
          <Progress v-if="vm.pace" :percent="vm.pace.fill" :mark="vm.pace.mark" />
          <div class="rate"><span class="num rate-now"><template v-if="vm.rate !== null">{{ vm.rate }}</template><Unknown v-else /></span>
            <span>{{ order ? live.t('run.unit_per_min', { unit: order.unit }) : live.t('run.per_min') }}</span><span v-if="vm.standard" class="secondary num rate-standard">{{ live.t('run.standard', { rate: vm.standard }) }}</span></div>
        </section>
        <div class="losses">
          <section class="panel figure"><span class="label">{{ live.t('run.scrap') }}</span><span v-if="order" class="big num">{{ order.scrap }}</span><span v-else class="big faint">–</span></section>
          <section class="panel figure"><span class="label">{{ live.t('run.rework') }}</span><span v-if="order" class="big num">{{ order.rework }}</span><span v-else class="big faint">–</span></section>
          <section class="panel notices"><span class="label">{{ live.t('run.notices') }}</span>
            <p v-if="vm.shortages" class="mark abnormal"><Icon name="production_quantity_limits" /><span>{{ live.t('run.shortages', { count: vm.shortages }) }}</span></p>
            <p v-if="vm.noOrder" class="mark"><Icon name="help_center" /><span>{{ live.t('run.no_order_count', vm.noOrder) }}</span></p>
            <p v-if="!vm.shortages && !vm.noOrder" class="calm"><Icon name="check" />{{ live.t('run.no_notices') }}</p></section>
        </div>
        <section class="panel lots">
          <span class="label">{{ live.t('run.material') }}</span>
          <div v-if="vm.mounted.length" class="lot-list" :class="{ compact: vm.mounted.length > 2 }">
            <div v-for="lot in vm.mounted" :key="lot.item + lot.lot" class="lot" :class="{ low: lot.low }">
              <div class="row between"><span class="cut"><b>{{ lot.itemName }}</b> <span class="num secondary">{{ lot.lot }}</span></span>
                <span class="num lot-short">{{ lot.percent === null ? '' : lot.percent + ' % · ' }}{{ lot.quantity }}</span>
                <span class="num lot-left"><Icon v-if="lot.low" name="warning" />{{ timeLeft(lot) }}</span></div>
              <div class="row lot-bar"><Progress :percent="lot.percent || 0" /><span class="num lot-percent">{{ lot.percent === null ? '–' : lot.percent + ' %' }}</span>
                <span class="num lot-quantity">{{ lot.quantity }}</span></div>
            </div>
          </div>
          <Empty v-else icon="qr_code_scanner" :text="live.t('run.no_lots')" />
        </section>
        <section class="panel strip-panel"><div class="row between"><span class="label">{{ live.t('run.last_8h') }}</span>
            <span v-if="vm.state.heard" class="secondary num">{{ live.t(vm.state.key === 'unknown' ? 'run.no_data_since' : 'run.heard', { time: vm.state.heard }) }}</span></div>
          <StateStrip :segments="vm.strip" /></section>
      </main>
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
      <nav class="actions">
        <template v-if="order">
          <button v-if="order.running" class="action pause" :disabled="blocked" @click="step('pause')"><Icon name="pause" />{{ live.t('do.pause') }}</button>
          <button v-else class="action primary resume" :disabled="blocked" @click="step('resume')"><Icon name="play_arrow" />{{ live.t('do.resume') }}</button>
          <button class="action scrap" :disabled="blocked" @click="open('scrap')"><Icon name="delete" />{{ live.t('run.scrap') }}</button>
          <button class="action rework" :disabled="blocked" @click="open('rework')"><Icon name="build" />{{ live.t('run.rework') }}</button>
        </template>
        <button class="action lot" :disabled="blocked" @click="open('lot')"><Icon name="qr_code_scanner" />{{ live.t('lot.title') }}</button>
        <button v-if="order" class="action complete" :class="{ confirm: confirming }" :disabled="blocked" @click="complete">
          <Icon name="flag" />{{ live.t(confirming ? 'do.confirm' : 'do.complete') }}</button>
        <a class="action queue" :href="queueUrl"><Icon name="view_list" />{{ live.t('queue.title') }}</a>
      </nav>
      <BadgeSheet v-if="sheet === 'badge'" :person="vm.person" :pin-for="pinFor" @close="sheet = null; pinFor = ''" />
      <ScrapSheet v-if="order && (sheet === 'scrap' || sheet === 'rework')" :key="sheet" :disposition="sheet" :order="order" :reasons="vm.reasons"
        @close="sheet = null" @booked="onBooked" />
      <LoadLotSheet v-if="sheet === 'lot'" :expected="vm.expected" :first="scan" @close="closeLot" />
      <UndoToast v-if="booked" :key="booked.id" :booked="booked" @gone="booked = null" />
    </template></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({ sheet: null, after: null, scan: "", booked: null, busy: false, confirming: false }),
  computed: {
    vm() {
      return this.live.vm;
    },
    order() {
      return this.vm.order;
    },
    blocked() {
      return this.live.offline || this.busy;
    },
    queueUrl() {
      return `/terminal/${this.live.page.unit}/queue`;
    },
  },
  mounted() {
    this.ids = idKeeper();
    this.stop = this.live.onScan(this.onScan);
  },
  unmounted() {
    this.stop();
    clearTimeout(this.confirmTimer);
  },
  watch: {
    "vm.person"(person) {
      if (person && this.after) [this.sheet, this.after] = [this.after, null];
    },
  },
  methods: {
    // Locked: the badge first, then what was wanted.
    open(sheet) {
      this.problem = null;
      this.scan = "";
      if (sheet !== "badge" && !this.vm.person) [this.after, sheet] = [sheet, "badge"];
      else this.after = null;
      this.sheet = sheet;
    },
    async onScan(text, problem) {
      if (problem) return (this.problem = problem);
      if (this.sheet === "scrap" || this.sheet === "rework") return tone("refused"); // an open entry is not thrown away
      if (!this.vm.person) return this.signInByScan(text, () => (this.sheet = "badge"));
      this.scan = text;
      this.sheet = "lot";
    },
    closeLot() {
      this.sheet = null;
      this.scan = "";
    },
    onBooked(booked) {
      this.sheet = null;
      this.booked = booked;
    },
    complete() {
      if (!this.vm.person) return this.open("badge");
      clearTimeout(this.confirmTimer);
      if (this.confirming) {
        this.confirming = false;
        return this.step("complete");
      }
      this.confirming = true;
      this.confirmTimer = setTimeout(() => (this.confirming = false), CONFIRM_MS);
    },
    async step(verb) {
      if (!this.vm.person) return this.open("badge");
      if (this.busy) return;
      this.busy = true;
      const body = { number: this.order.number, operation: this.order.operation };
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      if (answer.ok) this.ids.forget();
    },
    timeLeft(lot) {
      if (lot.runsOutMs === null) return "–";
      const left = lot.runsOutMs - this.live.now;
      return `${left < 60000 ? "" : "~ "}${span(left, this.live.t)}`;
    },
  },
};
