// Layout E: a lot, what went into it, where it went, where all of it is, and what a recall must find.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { saveCsv } from "./lib/csv.js";
import { FormSheet } from "./lib/form.js";
import { idKeeper } from "./lib/live.js";
import { Empty, ErrorBar, Icon, PersonButton, Skeleton, TopBar } from "./lib/ui.js";

const TABS = ["back", "forward", "recall"];

const Tree = {
  components: { Empty, Icon },
  template: `<div class="tree"><table v-if="tree.rows.length" class="rows"><thead><tr><th>{{ live.t('table.lot') }}</th><th class="n">{{ live.t('trace.used') }}</th><th v-if="forward" class="n">{{ live.t('trace.became') }}</th><th>{{ live.t('orders.col.number') }}</th><th>{{ live.t('trace.window') }}</th><th v-if="forward">{{ live.t('trace.now') }}</th></tr></thead>
    <tbody><tr v-for="(row, nr) in tree.rows" :key="nr" :data-lot="row.lot" :class="{ again: row.again }">
      <td><span class="tree-lot" :style="{ paddingLeft: (row.depth - 1) * 28 + 'px' }"><Icon :name="row.depth > 1 ? 'subdirectory_arrow_right' : forward ? 'arrow_forward' : 'arrow_back'" /><span><a class="under" :href="row.href" @click.prevent="$emit('open', row)"><b>{{ row.lot }}</b></a><span v-if="row.held" class="abnormal"><Icon name="block" />{{ live.t('trace.held') }}</span><br><span class="secondary">{{ row.itemName }}<template v-if="row.supplierLot"> · {{ row.supplierLot }}</template><template v-if="row.again"> · {{ live.t('trace.again') }}</template></span></span></span></td>
      <td class="n num">{{ row.quantity }}</td><td v-if="forward" class="n num">{{ row.produced }}</td><td><a class="under num" :href="row.orderHref">{{ row.order }}</a><br><span class="secondary">{{ row.unit }}</span></td><td class="num">{{ row.window }}</td>
      <td v-if="forward" class="num"><span v-for="place in row.places" :key="place" class="line">{{ place }}</span><span v-if="!row.places.length" class="secondary">{{ live.t('trace.used_up') }}</span></td></tr></tbody></table>
    <Empty v-else :icon="forward ? 'arrow_forward' : 'arrow_back'" :text="live.t(forward ? 'trace.nothing_forward' : 'trace.nothing_back')" />
    <p v-if="tree.cut" class="row abnormal"><Icon name="content_cut" />{{ tree.cut }}</p></div>`,
  inject: ["live"],
  props: { tree: Object, forward: Boolean },
  emits: ["open"],
};

const RecallView = {
  components: { Empty, Icon },
  template: `<div class="tree"><Empty v-if="!recall.products.length && !recall.exposures.length" icon="task_alt" :text="live.t('trace.nothing_reached')" />
    <table v-if="recall.products.length" class="rows"><thead><tr><th>{{ live.t('trace.product') }}</th><th class="n">{{ live.t('trace.made') }}</th><th>{{ live.t('trace.now') }}</th><th>{{ live.t('orders.title') }}</th></tr></thead>
      <tbody><tr v-for="one in recall.products" :key="one.item + one.lot" :data-product="one.lot"><td><a class="under" :href="one.href" @click.prevent="$emit('open', one)"><b>{{ one.lot }}</b></a><span v-if="one.held" class="abnormal"><Icon name="block" />{{ live.t('trace.held') }}</span><br><span class="secondary">{{ one.itemName }}</span></td><td class="n num">{{ one.produced }}</td>
        <td class="num"><span v-for="place in one.places" :key="place" class="line">{{ place }}</span><span v-if="!one.places.length" class="secondary">{{ live.t('trace.used_up') }}</span></td><td><a v-for="order in one.orders" :key="order.number" class="under num line" :href="order.href">{{ order.number }}</a></td></tr></tbody></table>
    <template v-if="recall.exposures.length"><h3>{{ live.t('trace.exposures') }}</h3>
      <table class="rows"><thead><tr><th>{{ live.t('orders.col.number') }}</th><th>{{ live.t('trace.took') }}</th><th>{{ live.t('trace.window') }}</th><th>{{ live.t('trace.values') }}</th></tr></thead>
        <tbody><tr v-for="(one, nr) in recall.exposures" :key="nr"><td><a class="under num" :href="one.href">{{ one.order }}</a><br><span class="secondary">{{ one.unit }}</span></td><td class="num">{{ one.consumed }}<br><span class="secondary">{{ one.input }}</span></td><td class="num">{{ one.window }}</td>
          <td class="num"><span v-for="value in one.values" :key="value" class="line">{{ value }}</span><span v-if="!one.values.length" class="secondary">–</span></td></tr></tbody></table></template>
    <template v-if="recall.withoutOrder.length"><h3 class="abnormal"><Icon name="warning" />{{ live.t('trace.without_order') }}</h3>
      <table class="rows"><tbody><tr v-for="(one, nr) in recall.withoutOrder" :key="nr"><td>{{ one.unit }}</td><td>{{ one.item }} {{ one.lot }}</td><td class="n num">{{ one.quantity }}</td><td class="num">{{ one.window }}</td></tr></tbody></table></template>
    <p v-if="recall.cut" class="row abnormal"><Icon name="content_cut" />{{ recall.cut }}</p></div>`,
  inject: ["live"],
  props: { recall: Object },
  emits: ["open"],
};

export const TraceScreen = {
  components: { BadgeSheet, Empty, ErrorBar, FormSheet, Icon, PersonButton, RecallView, Skeleton, TopBar, Tree },
  template: `<div class="desk trace" :class="{ stale: live.stale }">
    <TopBar><h1 class="cut">{{ live.t('trace.title') }}</h1><template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <form class="finder" @submit.prevent="find(text)"><label class="search"><Icon name="qr_code_scanner" /><input v-model="text" :placeholder="live.t('trace.scan')" maxlength="200" autocomplete="off"></label><button class="action small primary" :disabled="!text.trim() || busy || live.offline"><Icon name="search" />{{ live.t('trace.find') }}</button></form>
    <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
    <Skeleton v-if="!live.ready || (busy && !lot && !found)" layout="list" :count="5" />
    <main v-else-if="found" class="panel scroll"><Empty v-if="!found.length" icon="search_off" :text="live.t('trace.not_found', { text: asked })" />
      <template v-else><h2>{{ live.t('trace.which', { text: asked }) }}</h2><button v-for="one in found" :key="one.item + one.lot" class="found" @click="open(one)"><Icon name="qr_code_2" /><span><b>{{ one.lot }}</b><br><span class="secondary">{{ one.itemName }} · {{ one.item }}</span></span><span class="secondary num">{{ one.note }}</span><Icon name="chevron_right" /></button></template></main>
    <main v-else-if="!lot" class="panel center"><Empty icon="account_tree" :text="live.t('trace.empty')" /></main>
    <main v-else class="trace-grid values">
      <aside class="panel slab scroll"><h2>{{ lot.lot }}</h2><p class="title">{{ lot.itemName }} <span class="secondary num">{{ lot.item }}</span></p>
        <p v-if="lot.held" class="row abnormal"><Icon name="block" />{{ live.t('trace.held') }}</p>
        <dl class="facts-list"><div><dt>{{ live.t('trace.since') }}</dt><dd class="num">{{ lot.received }}</dd></div><div><dt>{{ live.t('trace.expires') }}</dt><dd class="num">{{ lot.expires || '–' }}</dd></div><div v-if="lot.supplierLot"><dt>{{ live.t('trace.supplier_lot') }}</dt><dd>{{ lot.supplierLot }}</dd></div></dl>
        <h3>{{ live.t('trace.here') }}</h3><p v-if="!lot.places.length" class="secondary">{{ live.t('trace.used_up') }}</p>
        <ul class="sums"><li v-for="one in lot.places" :key="one.location"><span>{{ one.name }}</span><b class="num">{{ one.quantity }}</b></li></ul>
        <h3>{{ live.t('trace.balance') }}</h3>
        <ul class="sums mass"><li><span>{{ live.t('trace.came', { source: lot.sources.join(', ') || '?' }) }}</span><b class="num">{{ lot.came }}</b></li><li v-for="one in lot.accounts" :key="one.location"><span>{{ one.name }}</span><span class="num">{{ one.quantity }}</span></li>
          <li class="sum" :class="{ abnormal: !lot.balanced }"><span><Icon :name="lot.balanced ? 'check_circle' : 'error'" />{{ live.t(lot.balanced ? 'trace.balanced' : 'trace.unbalanced') }}</span><span class="num">{{ lot.difference }}</span></li></ul>
        <button v-if="vm.mayHold" class="action small wide" :disabled="live.offline" @click="holding = true"><Icon :name="lot.held ? 'lock_open' : 'block'" />{{ live.t(lot.held ? 'trace.free' : 'trace.hold') }}</button></aside>
      <section class="panel slab trace-main"><div class="trace-tabs"><div class="segments" role="tablist"><button v-for="name in tabs" :key="name" :class="{ on: tab === name }" :data-tab="name" @click="tab = name">{{ live.t('trace.tab.' + name) }} <span class="num">{{ counts[name] }}</span></button></div>
          <button class="action small" @click="save"><Icon name="download" />CSV</button></div>
        <div class="scroll"><RecallView v-if="tab === 'recall'" :recall="shown.recall" @open="open" /><Tree v-else :tree="shown[tab]" :forward="tab === 'forward'" @open="open" /></div></section></main>
    <FormSheet v-if="holding" :title="live.t(lot.held ? 'trace.free' : 'trace.hold') + ' · ' + lot.lot" icon="block" :note="live.t(lot.held ? 'trace.free_note' : 'trace.hold_note')" :action="live.t(lot.held ? 'trace.free' : 'trace.hold')" :grave="!lot.held" :fields="[{ name: 'reason', type: 'text', label: live.t('form.reason') }]" :busy="busy" :problem="refused" @close="holding = false; refused = null" @confirm="hold" />
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({ text: "", asked: "", found: null, shown: null, tab: "back", busy: false, badge: false, holding: false, refused: null, tabs: TABS }),
  computed: {
    vm() {
      return this.live.vm;
    },
    lot() {
      return this.shown?.lot || null;
    },
    counts() {
      return { back: this.shown.back.lots, forward: this.shown.forward.lots, recall: this.shown.recall.products.length };
    },
  },
  watch: {
    "live.ready"() {
      this.fromAddress();
    },
  },
  mounted() {
    this.ids = idKeeper();
    window.addEventListener("popstate", this.fromAddress);
    this.stop = this.live.onScan((text, problem) => (problem ? (this.problem = problem) : this.find(text, true)));
    if (this.live.ready) this.fromAddress();
  },
  unmounted() {
    window.removeEventListener("popstate", this.fromAddress);
    this.stop();
  },
  methods: {
    // The address says which lot, so that it can be sent to somebody else.
    fromAddress() {
      const wanted = new URLSearchParams(window.location.search);
      if (wanted.get("lot")) this.show(wanted.get("item"), wanted.get("lot"));
      else if (wanted.get("find")) this.find(wanted.get("find"));
      else [this.found, this.shown] = [null, null];
    },
    // Something scanned that no lot, piece or order is called may be a badge.
    async find(text, scanned = false) {
      if (!text.trim() || this.busy) return;
      this.busy = true;
      const answer = await this.live.ask("find", { text });
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      if (!answer.ok) return;
      [this.asked, this.text] = [text.trim(), ""];
      const { found } = answer.result;
      if (!found.length && scanned && !this.vm.person) return this.signInByScan(text, () => (this.badge = true));
      if (found.length === 1) return this.open(found[0]);
      this.found = found;
    },
    open({ item, lot }) {
      window.history.pushState(null, "", `/trace?${new URLSearchParams({ item, lot })}`);
      return this.show(item, lot);
    },
    async show(item, lot) {
      this.busy = true;
      const answer = await this.live.ask("tree", { item, lot });
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      if (!answer.ok) return;
      [this.shown, this.found] = [answer.result, null];
      if (!this.counts[this.tab]) this.tab = TABS.find((name) => this.counts[name]) || this.tab; // bought lots: where they went
    },
    async hold(values) {
      this.busy = true;
      const verb = this.lot.held ? "release_lot" : "hold_lot";
      const body = { of_item: this.lot.item, of_lot: this.lot.lot, ...values };
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      this.refused = answer.ok ? null : answer.problem;
      if (!answer.ok) return;
      this.holding = false;
      this.ids.forget();
      await this.show(this.lot.item, this.lot.lot);
    },
    save() {
      const t = this.live.t;
      const name = `${this.tab}-${this.lot.item}-${this.lot.lot}`;
      if (this.tab === "recall") {
        const titles = [t("table.item"), t("trace.product"), t("trace.made"), t("trace.now"), t("orders.title")];
        return saveCsv(name, titles, this.shown.recall.products.map((one) => [one.item, one.lot, one.produced, one.places.join("; "), one.orders.map((order) => order.number).join("; ")]));
      }
      const titles = [t("trace.level"), t("table.item"), t("trace.lot"), t("trace.used"), t("trace.became"), t("orders.col.number"), t("orders.col.place"), t("trace.window"), t("trace.now")];
      saveCsv(name, titles, this.shown[this.tab].rows.map((row) => [row.depth, row.item, row.lot, row.quantity, row.produced, row.order, row.unit, row.window, row.places.join("; ")]));
    },
  },
};
