// Layout D: one report at a time, with its formula and what lies behind each row.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { saveCsv } from "./lib/csv.js";
import { Empty, ErrorBar, Icon, PersonButton, Sheet, Skeleton, TopBar } from "./lib/ui.js";
import { Postings, WhySheet } from "./lib/why.js";

const ICONS = {
  shifts: "schedule", on_time: "event_available", wip: "construction", variance: "compare_arrows", cover: "hourglass_bottom", turns: "autorenew",
  stock_outs: "production_quantity_limits", dead: "inventory", expiry: "event_busy", value: "payments", abc: "sort",
};
const WINDOWS = [1, 7, 30, 90, 365];

export const ReportsScreen = {
  components: { BadgeSheet, Empty, ErrorBar, Icon, PersonButton, Postings, Sheet, Skeleton, TopBar, WhySheet },
  template: `<div class="desk reports" :class="{ stale: live.stale }">
    <TopBar><h1 class="cut">{{ live.t('reports.title') }}</h1><template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
    <Skeleton v-if="!live.ready" layout="list" :count="6" />
    <main v-else class="reports-grid values"><nav class="panel scroll"><button v-for="one in vm.reports" :key="one.name" class="report-door" :class="{ on: name === one.name }" :data-report="one.name" @click="open(one.name)"><Icon :name="icons[one.name]" /><span>{{ live.t('reports.name.' + one.name) }}</span></button></nav>
      <section class="panel slab report"><header class="report-head"><h2>{{ live.t('reports.name.' + name) }}</h2>
          <div v-if="days" class="segments"><button v-for="one in windows" :key="one" :class="{ on: days === one }" :disabled="live.offline" @click="within(one)">{{ live.t('reports.days', { count: one }) }}</button></div>
          <a v-if="shown && shown.file" class="action small" :href="shown.file" download><Icon name="download" />CSV</a><button v-else class="action small" :disabled="!shown" @click="save"><Icon name="download" />CSV</button></header>
        <dl v-if="shown && shown.said.length" class="report-said"><div v-for="one in shown.said" :key="one.label"><dt>{{ one.label }}</dt><dd class="num">{{ one.value }}</dd></div></dl>
        <p v-if="shown" class="formula">{{ shown.formula }}</p>
        <Skeleton v-if="!shown && !problem" layout="list" :count="4" />
        <div v-else-if="shown" class="scroll"><Empty v-if="!shown.rows.length" :icon="icons[name]" :text="live.t('reports.empty')"><button v-if="days && days < 365" class="action" @click="within(365)">{{ live.t('reports.longer') }}</button></Empty>
          <table v-else class="rows"><thead><tr><th v-for="column in shown.columns" :key="column.label" :class="{ n: column.figure }">{{ column.label }}</th><th></th></tr></thead>
            <tbody><tr v-for="(row, nr) in shown.rows" :key="nr" class="opens" tabindex="0" @click="behind(row)" @keydown.enter="behind(row)"><td v-for="(cell, at) in row.cells" :key="at" :class="{ 'n num': shown.columns[at].figure, abnormal: cell.abnormal }"><span v-for="(line, part) in cell.text.split('\\n')" :key="part" class="line" :class="{ secondary: part, unknown: line === '?' }">{{ line }}</span></td><td class="n"><Icon name="chevron_right" /></td></tr></tbody></table>
          <button v-if="shown.next" class="more" :disabled="busy" @click="more"><Icon name="expand_more" />{{ live.t('reports.more') }}</button></div></section></main>
    <Sheet v-if="postings" :title="live.t('reports.behind')" icon="receipt_long" @close="postings = null"><p v-if="!postings.rows" class="secondary">{{ live.t('loading') }}</p><template v-else><Empty v-if="!postings.rows.length" icon="receipt_long" :text="live.t('reports.no_postings')" /><Postings v-else :rows="postings.rows" whole /><p v-if="postings.more" class="secondary">{{ live.t('reports.first_postings', { count: postings.rows.length }) }}</p></template></Sheet>
    <WhySheet v-if="why" :path="why" @close="why = null" />
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({ name: "shifts", days: null, shown: null, busy: false, badge: false, postings: null, why: null, icons: ICONS, asked: 0 }),
  computed: {
    vm() {
      return this.live.vm;
    },
    windows() {
      return this.name === "shifts" ? [1, 3, 7] : WINDOWS;
    },
  },
  watch: {
    "live.ready"() {
      this.fromAddress();
    },
  },
  mounted() {
    this.stop = this.live.onScan((text, problem) => (problem ? (this.problem = problem) : this.signInByScan(text, () => (this.badge = true))));
    if (this.live.ready) this.fromAddress();
  },
  unmounted() {
    this.stop();
  },
  methods: {
    fromAddress() {
      const wanted = window.location.hash.slice(1);
      this.open(wanted in ICONS ? wanted : "shifts");
    },
    open(name) {
      window.history.replaceState(null, "", `#${name}`);
      this.name = name;
      return this.within(this.vm.reports.find((one) => one.name === name).days);
    },
    async within(days) {
      this.days = days;
      this.shown = null;
      const answer = await this.ask({});
      if (answer?.ok) this.shown = answer.result;
    },
    async more() {
      const answer = await this.ask({ after: this.shown.next });
      if (answer?.ok) this.shown = { ...answer.result, rows: [...this.shown.rows, ...answer.result.rows] };
    },
    // The answer to what is wanted now; one that comes late is of another report.
    async ask(more) {
      const turn = ++this.asked;
      this.busy = true;
      const answer = await this.live.ask("report", { name: this.name, days: this.days, ...more });
      if (turn !== this.asked) return null;
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      return answer;
    },
    async behind({ behind }) {
      if (behind.kind === "go") return window.location.assign(behind.path);
      if (behind.kind === "why") return (this.why = behind.path);
      this.postings = { rows: null };
      const answer = await this.live.ask("postings", { path: behind.path });
      if (answer.ok) this.postings = answer.result;
      else [this.postings, this.problem] = [null, answer.problem];
    },
    save() {
      const rows = this.shown.rows.map((row) => row.cells.map((cell) => cell.text.replace("\n", " ")));
      saveCsv(this.name, this.shown.columns.map((column) => column.label), rows);
    },
  },
};
