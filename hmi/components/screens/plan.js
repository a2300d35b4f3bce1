// Replenishment planning: what is proposed, how each loop stands, the cards, and what is on order. Also on a handheld.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { idKeeper } from "./lib/live.js";
import { ChangeSheet, LoopSheet, RejectSheet, SupplierSheet } from "./lib/plan_sheets.js";
import { span } from "./lib/time.js";
import { Empty, ErrorBar, Icon, PersonButton, Progress, Skeleton, TopBar, Unknown } from "./lib/ui.js";

const CONFIRM_MS = 5000;
const SAID_MS = 6000;
const KIND_ICONS = { purchase: "local_shipping", make: "precision_manufacturing", transfer: "swap_horiz" };
const CARD_ICONS = { full: "inventory_2", in_use: "play_arrow", empty: "outbox", ordered: "campaign", in_transit: "local_shipping" };

export const PlanScreen = {
  components: { BadgeSheet, ChangeSheet, Empty, ErrorBar, Icon, LoopSheet, PersonButton, Progress, RejectSheet, Skeleton, SupplierSheet, TopBar, Unknown },
  template: `<div class="warehouse plan" :class="{ stale: live.stale }">
    <TopBar><h1 class="cut">{{ live.t('plan.title') }}</h1><template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
    <ErrorBar v-else-if="vm.asked" :problem="vm.asked" />
    <p v-if="said" class="said" role="status"><Icon name="check_circle" />{{ said }}</p>
    <Skeleton v-if="!live.ready || (!vm.loops && !vm.asked)" layout="list" :count="6" />
    <main v-else class="wh-main values">
      <div class="wh-tools"><div class="segments tabs-of"><button v-for="name in names" :key="name" :class="[name + '-tab', { on: tab === name }]" @click="tab = name">{{ live.t('plan.tab.' + name) }} <span class="num">{{ counts[name] }}</span></button></div>
        <label v-if="tab === 'loops'" class="search"><Icon name="search" /><input v-model="text" :placeholder="live.t('plan.search')" maxlength="40" /></label></div>
      <div v-if="tab === 'proposals'" class="scroll wh-scroll">
        <Empty v-if="!proposals.length" class="panel" icon="task_alt" :text="live.t('plan.no_proposals')" />
        <div class="wh-cards wide-cards"><article v-for="one in proposals" :key="one.id" class="panel wh-card proposal" :class="{ late: one.late }" :data-proposal="one.item">
          <div class="row between"><span class="wh-name"><Icon :name="kindIcons[one.kind]" /> {{ one.itemName }}</span><b class="wh-big num">{{ one.quantity }}</b></div>
          <p class="secondary"><b>{{ one.kindWord }}</b> · <span class="num">{{ one.place }}</span><template v-if="one.kind === 'purchase'"> · {{ one.supplier || live.t('plan.supplier_open') }}</template><template v-if="one.was"> · <span class="num">{{ live.t('plan.was', { quantity: one.was }) }}</span></template></p>
          <p class="num facts"><span :class="{ abnormal: one.late }"><Icon v-if="one.late" name="warning" />{{ one.start }}</span><span>{{ live.t('run.due', { time: one.due }) }}</span></p>
          <p class="secondary num">{{ why(one) }}</p>
          <div class="proposal-actions"><button class="action primary approve" :class="{ confirm: armed === one.id }" :disabled="live.offline || busy" @click="approve(one)"><Icon name="check" />{{ live.t(armed === one.id ? 'do.confirm' : 'plan.approve') }}</button>
            <button class="action change" :disabled="live.offline || busy" :aria-label="live.t('plan.change')" @click="open('change', one)"><Icon name="edit" /></button>
            <button class="action reject" :disabled="live.offline || busy" :aria-label="live.t('plan.reject')" @click="open('reject', one)"><Icon name="close" /></button></div></article></div>
        <template v-if="transfers.length"><h3>{{ live.t('plan.transfers') }}</h3>
          <div class="wh-cards"><a v-for="one in transfers" :key="one.number" class="panel wh-card" :class="{ late: one.late }" href="/replenishment">
            <span class="row between"><span class="wh-name"><Icon name="swap_horiz" /> {{ one.itemName }}</span><b class="num">{{ one.quantity }}</b></span>
            <span class="secondary">{{ one.sourceName }} → {{ one.placeName }}</span>
            <span class="row between secondary"><span>C{{ one.number }} · {{ one.stateWord }}</span><span v-if="one.due" class="num" :class="{ abnormal: one.late }">{{ live.t('run.due', { time: one.due }) }}</span></span></a></div></template></div>
      <div v-else-if="tab === 'loops'" class="scroll wh-scroll">
        <div class="segments methods"><button :class="{ on: !method }" @click="method = ''">{{ live.t('orders.group.all') }} <span class="num">{{ loops.length }}</span></button>
          <button v-for="(word, one) in methods" :key="one" :class="{ on: method === one }" @click="method = one">{{ word }}</button></div>
        <Empty v-if="!rows.length" class="panel" icon="loop" :text="live.t(loops.length ? 'orders.none_match' : 'plan.no_loops')">
          <button v-if="loops.length" class="action" @click="text = method = ''">{{ live.t('orders.show_all') }}</button></Empty>
        <div class="wh-cards"><button v-for="loop in rows" :key="loop.key" class="panel wh-card loop" :class="{ late: loop.urgent, low: loop.low }" :data-loop="loop.key" @click="shown = loop.key">
          <span class="row between"><span class="wh-name">{{ loop.itemName }}</span><span class="method">{{ loop.methodWord }}</span></span>
          <span class="secondary"><Icon :name="kindIcons[loop.kind]" class="kind" /> {{ loop.kindWord }} · {{ loop.placeName }}</span>
          <span class="row between wh-figures"><span><span class="wh-big num">{{ loop.projected }}</span> {{ loop.unit }}</span>
            <span class="cover"><span class="num cover-left" :class="{ abnormal: loop.urgent }"><Unknown v-if="loop.runsOutMs === null && loop.cover === null" /><template v-else-if="loop.runsOutMs !== null">{{ left(loop) }}</template><template v-else>{{ live.t('plan.days', { days: loop.cover }) }}</template></span>
              <span class="secondary">{{ live.t(loop.runsOutMs === null ? 'plan.cover' : 'plan.runs_out') }}</span></span></span>
          <Progress :percent="loop.fill" :mark="loop.mark" />
          <span class="secondary num rule"><span>{{ loop.rule }}</span></span>
          <span v-if="loop.low || loop.coming" class="loop-marks"><b v-if="loop.low"><Icon name="arrow_downward" />{{ live.t('plan.due_now') }}</b><span v-if="loop.coming" class="num"><Icon name="local_shipping" />{{ live.t('plan.on_way', { quantity: loop.coming }) }}</span></span></button></div></div>
      <div v-else-if="tab === 'cards'" class="scroll wh-scroll">
        <p class="scan-hint secondary"><Icon name="qr_code_scanner" />{{ live.t('plan.scan_card') }}</p>
        <Empty v-if="!cards.length" class="panel" icon="style" :text="live.t('plan.no_cards')" />
        <div class="wh-cards"><button v-for="card in cards" :key="card.code" class="panel wh-card kanban" :class="'card-' + card.state" :data-card="card.code" :disabled="live.offline || busy" @click="tapCard(card)">
          <span class="row between"><span class="wh-name">{{ card.itemName }}</span><span class="task-state"><Icon :name="cardIcons[card.state]" /><b>{{ card.stateWord }}</b></span></span>
          <span class="row between secondary"><span>{{ card.placeName }}</span><span class="num">{{ card.changed }}</span></span>
          <span class="row between num"><b>{{ card.code }}</b><span>{{ card.quantity }}<template v-if="card.call"> · {{ live.t('stock.called', { number: card.call }) }}</template></span></span>
          <span v-if="armed === card.code" class="armed"><Icon name="touch_app" />{{ live.t('plan.card_next') }}</span></button></div></div>
      <div v-else class="scroll wh-scroll">
        <Empty v-if="!purchases.length" class="panel" icon="receipt_long" :text="live.t('plan.no_purchases')" />
        <div class="wh-cards wide-cards"><article v-for="order in purchases" :key="order.number" class="panel wh-card purchase" :class="{ late: order.late }" :data-purchase="order.number">
          <div class="row between"><span class="wh-name num">{{ order.number }}</span><span class="secondary">{{ order.stateWord }}</span></div><p class="secondary">{{ order.supplier }}</p>
          <div v-for="line in order.lines" :key="line.line" class="purchase-line" :class="{ closed: !line.open }"><span class="cut">{{ line.itemName }}</span><span class="num">{{ line.received }} / {{ line.ordered }}</span><span class="num due" :class="{ abnormal: line.late }"><Icon :name="line.late ? 'warning' : line.open ? 'schedule' : 'check'" />{{ line.due }}</span><Progress :percent="line.percent" goal /></div></article></div></div>
    </main>
    <SupplierSheet v-if="sheet.name === 'supplier'" :one="sheet.one" :suppliers="vm.suppliers || []" @close="sheet = {}" @done="done" />
    <ChangeSheet v-if="sheet.name === 'change'" :one="sheet.one" @close="sheet = {}" @done="done" />
    <RejectSheet v-if="sheet.name === 'reject'" :one="sheet.one" @close="sheet = {}" @done="done" />
    <LoopSheet v-if="loop" :loop="loop" @close="shown = null" @done="done" />
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({
    tab: "proposals", names: ["proposals", "loops", "cards", "purchases"], method: "", text: "", armed: null, busy: false, badge: false,
    sheet: {}, shown: null, said: null, kindIcons: KIND_ICONS, cardIcons: CARD_ICONS,
  }),
  computed: {
    vm() {
      return this.live.vm;
    },
    proposals() {
      return this.vm.proposals || [];
    },
    transfers() {
      return this.vm.transfers || [];
    },
    loops() {
      return this.vm.loops || [];
    },
    cards() {
      return this.vm.cards || [];
    },
    purchases() {
      return this.vm.purchases || [];
    },
    counts() {
      return Object.fromEntries(this.names.map((name) => [name, this[name].length]));
    },
    methods() {
      return Object.fromEntries(this.loops.map((loop) => [loop.method, loop.methodWord]));
    },
    rows() {
      const wanted = this.text.trim().toLowerCase();
      return this.loops.filter((loop) => (!this.method || loop.method === this.method) && `${loop.item} ${loop.itemName} ${loop.place} ${loop.placeName}`.toLowerCase().includes(wanted));
    },
    loop() {
      return this.loops.find((one) => one.key === this.shown) || null;
    },
  },
  mounted() {
    this.ids = idKeeper();
    this.stop = this.live.onScan((text, problem) => {
      if (problem) return (this.problem = problem);
      const card = this.cards.find((one) => one.code.toUpperCase() === text.trim().toUpperCase());
      if (card && this.vm.person) return this.scanCard(card);
      return this.signInByScan(text, () => (this.badge = true));
    });
  },
  unmounted() {
    this.stop();
    clearTimeout(this.timer);
    clearTimeout(this.saying);
  },
  methods: {
    left(loop) {
      return span(loop.runsOutMs - this.live.now, this.live.t);
    },
    why(one) {
      if (one.run) return this.live.t("plan.why_run", { run: one.run, orders: one.pegs.join(", ") || "–" });
      return one.projected === null ? "" : this.live.t("plan.why_loop", { projected: one.projected, place: one.place });
    },
    open(name, one) {
      if (!this.vm.person) return (this.badge = true);
      this.problem = null;
      this.sheet = { name, one };
    },
    // The first tap arms, the second does it.
    confirmed(what) {
      clearTimeout(this.timer);
      if (this.armed === what) {
        this.armed = null;
        return true;
      }
      this.armed = what;
      this.timer = setTimeout(() => (this.armed = null), CONFIRM_MS);
      return false;
    },
    async approve(one) {
      if (!this.vm.person) return (this.badge = true);
      if (one.needsSupplier) return this.open("supplier", one);
      if (!this.confirmed(one.id)) return;
      const body = { proposal: one.id, number: one.number };
      if (one.equipment) body.equipment = one.equipment;
      const ok = await this.send("firm", body);
      if (ok) this.tell(this.live.t("plan.said.firm", { item: one.itemName, number: one.number }));
    },
    tapCard(card) {
      if (!this.vm.person) return (this.badge = true);
      if (this.confirmed(card.code)) return this.scanCard(card);
    },
    async scanCard(card) {
      const answer = await this.send("card", { card: card.code });
      this.ids.forget(); // the next scan of the same card is another step
      if (answer) this.tell(`${card.code} · ${this.live.t("plan.card." + answer.state)}`);
    },
    async send(verb, body) {
      if (this.busy) return null;
      this.busy = true;
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      return answer.ok ? answer.result : null;
    },
    done(text) {
      this.sheet = {};
      this.shown = null;
      this.tell(text);
    },
    tell(text) {
      this.said = text;
      clearTimeout(this.saying);
      this.saying = setTimeout(() => (this.said = null), SAID_MS);
    },
  },
};
