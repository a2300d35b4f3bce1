// A blind stocktake: sheets, their lines by place, one keypad; and the differences for whoever decides. Also on a handheld.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { CountEntrySheet, DifferenceSheet, NewCountSheet } from "./lib/count_sheets.js";
import { Empty, ErrorBar, Icon, PersonButton, Progress, Skeleton, TopBar } from "./lib/ui.js";

const SAID_MS = 6000;

export const CountScreen = {
  components: { BadgeSheet, CountEntrySheet, DifferenceSheet, Empty, ErrorBar, Icon, NewCountSheet, PersonButton, Progress, Skeleton, TopBar },
  template: `<div class="warehouse count-stock" :class="{ stale: live.stale }">
    <TopBar><h1 class="cut">{{ live.t('count.title') }}</h1><template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
    <ErrorBar v-else-if="vm.asked" :problem="vm.asked" />
    <p v-if="said" class="said" role="status"><Icon name="check_circle" />{{ said }}</p>
    <Skeleton v-if="!live.ready || (!vm.sheets && !vm.asked)" layout="list" :count="6" />
    <main v-else-if="sheet" class="wh-main values">
      <div class="count-head panel"><button class="plain back" :aria-label="live.t('count.finish')" @click="choose(null)"><Icon name="arrow_back" /></button>
        <div class="count-where"><b>{{ sheet.placeName }}</b><span class="secondary cut">{{ sheet.note || live.t('count.sheet', { id: sheet.id }) }}</span></div>
        <b class="num">{{ done }} / {{ tasks.length }}</b><Progress :percent="tasks.length ? Math.round(done * 100 / tasks.length) : 0" goal /></div>
      <div class="segments places-of" v-if="placesOf.length > 1"><button :class="{ on: !place }" @click="place = ''">{{ live.t('orders.group.all') }}</button>
        <button v-for="one in placesOf" :key="one" :class="{ on: place === one }" @click="place = one"><span class="num">{{ one }}</span></button></div>
      <p class="scan-hint secondary"><Icon name="qr_code_scanner" />{{ live.t(place || placesOf.length < 2 ? 'count.scan_lot' : 'count.scan_place') }}</p>
      <div class="scroll wh-scroll"><Skeleton v-if="!vm.tasks" layout="list" :count="4" />
        <Empty v-else-if="!todo.length" class="panel" icon="task_alt" :text="live.t('count.all_counted')"><button class="action primary" @click="choose(null)"><Icon name="flag" />{{ live.t('count.finish') }}</button></Empty>
        <div class="wh-cards"><button v-for="task in shown" :key="task.id" class="panel wh-card task" :class="{ counted: !task.todo, again: task.state === 'recount' }" :data-task="task.lot" :disabled="!task.todo || live.offline" @click="begin(task)">
          <span class="row between"><span class="wh-name">{{ task.itemName }}</span><span class="task-state"><Icon :name="icons[task.state]" />{{ task.stateWord }}</span></span>
          <span class="row between"><b class="num">{{ task.lot }}</b><span class="secondary num">{{ task.place }}</span></span></button></div></div>
    </main>
    <main v-else class="wh-main values">
      <div class="wh-tools"><div v-if="vm.decides" class="segments"><button :class="{ on: tab === 'sheets' }" @click="tab = 'sheets'">{{ live.t('count.sheets') }} <span class="num">{{ sheets.length }}</span></button>
          <button class="differences-tab" :class="{ on: tab === 'differences' }" @click="tab = 'differences'">{{ live.t('count.differences') }} <span class="num">{{ differences.length }}</span></button></div>
        <span class="wh-space"></span><button class="action" :disabled="live.offline" @click="vm.person ? (making = true) : (badge = true)"><Icon name="playlist_add" />{{ live.t('count.new') }}</button></div>
      <div v-if="tab === 'differences' && vm.decides" class="scroll wh-scroll">
        <Empty v-if="!differences.length" class="panel" icon="task_alt" :text="live.t('count.no_differences')" />
        <div class="wh-cards"><button v-for="line in differences" :key="line.key" class="panel wh-card" :data-difference="line.lot" :disabled="live.offline" @click="deciding = line">
          <span class="row between"><span class="wh-name">{{ line.itemName }}</span><b class="num">{{ line.value }}</b></span>
          <span class="secondary num">{{ line.lot }} · {{ line.place }}</span>
          <span class="row between wh-figures"><span class="wh-big num" :class="{ abnormal: line.less }">{{ line.difference }}</span><span class="secondary num">{{ live.t('count.instead', { counted: line.counted, book: line.book }) }}</span></span>
          <span class="secondary">{{ line.by }} · <span class="num">{{ line.at }}</span></span></button></div></div>
      <div v-else class="scroll wh-scroll">
        <Empty v-if="!sheets.length" class="panel" icon="fact_check" :text="live.t('count.empty')" />
        <div class="wh-cards"><button v-for="one in sheets" :key="one.id" class="panel wh-card" :data-sheet="one.id" :disabled="live.offline" @click="choose(one.id)">
          <span class="row between"><span class="wh-name">{{ one.placeName }}</span><span class="secondary num">{{ one.made }}</span></span>
          <span class="secondary">{{ one.note || live.t('count.sheet', { id: one.id }) }}<template v-if="one.class"> · {{ live.t('count.class', { abc: one.class }) }}</template></span>
          <span class="row between wh-figures"><span><span class="wh-big num">{{ one.counted }}</span> <span class="num">/ {{ one.lines }}</span></span>
            <span v-if="one.waiting" class="mark"><Icon name="balance" />{{ live.t('count.waiting', { count: one.waiting }) }}</span></span>
          <Progress :percent="one.percent" goal /></button></div></div>
    </main>
    <CountEntrySheet v-if="entry" :key="entry.lot" :task="entry" :list="sheet.id" @close="entry = null" @counted="counted" />
    <DifferenceSheet v-if="deciding" :line="deciding" @close="deciding = null" @decided="(text) => { deciding = null; tell(text); }" />
    <NewCountSheet v-if="making" :places="vm.places || []" @close="making = false" />
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({
    tab: "sheets", place: "", entry: null, deciding: null, making: false, badge: false, said: null,
    icons: { open: "radio_button_unchecked", recount: "replay", waiting: "balance", booked: "check_circle", refused: "block" },
  }),
  computed: {
    vm() {
      return this.live.vm;
    },
    sheets() {
      return this.vm.sheets || [];
    },
    // A sheet that is done closes by itself; its lines stay in view until the person leaves it.
    sheet() {
      if (!this.vm.chosen) return null;
      const place = this.tasks[0]?.placeName || "";
      return this.sheets.find((one) => one.id === this.vm.chosen) || { id: this.vm.chosen, placeName: place, note: "" };
    },
    differences() {
      return this.vm.differences || [];
    },
    tasks() {
      return this.vm.tasks || [];
    },
    todo() {
      return this.tasks.filter((task) => task.todo);
    },
    done() {
      return this.tasks.length - this.todo.length;
    },
    shown() {
      return this.tasks.filter((task) => !this.place || task.place === this.place);
    },
    placesOf() {
      return [...new Set(this.tasks.map((task) => task.place))];
    },
  },
  mounted() {
    this.stop = this.live.onScan(this.onScan);
  },
  unmounted() {
    this.stop();
    clearTimeout(this.timer);
  },
  methods: {
    async choose(list) {
      Object.assign(this, { place: "", problem: null });
      const answer = await this.live.ask("choose", { list });
      if (!answer.ok) this.problem = answer.problem;
    },
    begin(task) {
      if (!this.vm.person) return (this.badge = true);
      this.problem = null;
      this.entry = task;
    },
    counted(text) {
      this.entry = null;
      this.tell(text);
    },
    tell(text) {
      this.said = text;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.said = null), SAID_MS);
    },
    // A place narrows the sheet; a lot opens its keypad. What is found and not on the sheet is counted too.
    async onScan(text, problem) {
      if (problem) return (this.problem = problem);
      if (!this.vm.person) return this.signInByScan(text, () => (this.badge = true));
      if (!this.sheet) return this.no(this.live.t("count.choose_first"), text);
      const answer = await this.live.ask("label", { text });
      if (!answer.ok) return this.refused(answer.problem);
      const { item, lot, location } = answer.result;
      if (location) return (this.place = location);
      const here = this.shown.filter((task) => task.lot === lot && (!item || task.item === item));
      if (here.length > 1) return this.no(this.live.t("count.scan_place"), text);
      if (here.length === 1 && here[0].todo) return this.begin(here[0]);
      if (here.length === 1) return this.no(this.live.t("count.done_already"), text);
      const place = this.place || (this.placesOf.length === 1 ? this.placesOf[0] : "");
      if (!lot || !item) return this.no(this.live.t("count.no_lot"), text);
      if (!place) return this.no(this.live.t("count.scan_place"), text);
      this.begin({ ...answer.result, place, state: "open" });
    },
    no(detail, code) {
      this.refused({ title: this.live.t("count.not_here", { code }), detail, instance: "" });
    },
    refused(problem) {
      this.live.refuse();
      this.problem = problem;
    },
  },
};
