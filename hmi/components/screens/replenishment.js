// Layouts D and B: what stands at the lines, and the calls for more, soonest stock-out first. Also on a handheld.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { CallCard } from "./lib/call.js";
import { idKeeper } from "./lib/live.js";
import { span } from "./lib/time.js";
import { Empty, ErrorBar, Icon, PersonButton, Progress, Skeleton, TopBar } from "./lib/ui.js";

const SAID_MS = 6000;

export const ReplenishmentScreen = {
  components: { BadgeSheet, CallCard, Empty, ErrorBar, Icon, PersonButton, Progress, Skeleton, TopBar },
  template: `<div class="replenishment" :class="['tab-' + tab, { stale: live.stale }]">
    <TopBar><h1 class="cut">{{ live.t('stock.title') }}</h1>
      <template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <nav class="tabs" v-if="live.ready"><button :class="{ on: tab === 'calls' }" @click="tab = 'calls'"><Icon name="campaign" />{{ live.t('call.title') }} <b class="num">{{ open.length }}</b></button>
      <button :class="{ on: tab === 'stock' }" @click="tab = 'stock'"><Icon name="inventory_2" />{{ live.t('stock.short_title') }} <b class="num">{{ stock.length }}</b></button></nav>
    <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
    <p v-if="said" class="said" role="status"><Icon name="check_circle" />{{ said }}</p>
    <Skeleton v-if="!live.ready" layout="replenishment" :count="6" />
    <main v-else class="stock-grid values">
      <section class="calls"><h2><Icon name="campaign" />{{ live.t('call.title') }} <span class="num secondary">{{ open.length }}</span></h2>
        <div class="scroll">
          <div v-if="!open.length" class="panel center"><Empty icon="task_alt" :text="live.t('call.empty')" /></div>
          <CallCard v-for="call in open" :key="call.number" :call="call" :picked="picked[call.number] || {}" :chosen="chosen === call.number" :busy="busy"
            @choose="chosen = chosen === call.number ? null : call.number" @set="(key, amount) => setPick(call, key, amount)" @step="(verb) => step(call, verb)" />
          <template v-if="done.length"><h3 class="done-title">{{ live.t('call.done') }}</h3>
            <div v-for="call in done" :key="call.number" class="panel done-call"><Icon name="check_circle" /><span class="cut">{{ call.itemName }}</span>
              <span class="num">{{ call.quantity }}</span><span class="num secondary">{{ call.delivered }}</span></div></template>
        </div></section>
      <section class="stock"><h2><Icon name="inventory_2" />{{ live.t('stock.line_side') }}</h2>
        <div class="scroll"><div v-if="!stock.length" class="panel center"><Empty icon="inventory_2" :text="live.t('stock.empty')" /></div>
          <div class="stock-cards">
          <article v-for="card in stock" :key="card.key" class="panel stock-card" :class="'level-' + card.level" :data-stock="card.key">
            <div class="row between"><span class="stock-item cut">{{ card.itemName }}</span><span class="level"><Icon :name="levelIcon(card.level)" />{{ card.levelWord }}</span></div>
            <p class="secondary cut"><span class="num">{{ card.item }}</span> · {{ card.locationName }}</p>
            <div class="row between stock-line"><span><span class="stock-on-hand num">{{ card.onHand }}</span> <span class="secondary">{{ card.unit }}</span></span>
              <span class="cover" :class="{ abnormal: card.urgent }"><span class="num cover-left">{{ cover(card) }}</span>
                <span class="secondary num" v-if="card.runsOut">{{ live.t('stock.runs_out', { time: card.runsOut }) }}</span></span></div>
            <Progress :percent="card.fill" :mark="card.mark" />
            <p class="stock-facts num"><span v-if="card.reorder">{{ live.t('stock.reorder', { quantity: card.reorder }) }}</span>
              <span v-if="card.rate">{{ card.rate }}</span>
              <span v-if="card.shortage" class="abnormal">{{ live.t('stock.shortage', { quantity: card.shortage }) }}</span>
              <span v-if="card.call" class="called"><Icon name="campaign" />{{ live.t('stock.called', { number: card.call }) }}</span></p>
          </article></div></div></section>
    </main>
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({ tab: "calls", badge: false, chosen: null, picked: {}, busy: false, said: null }),
  computed: {
    vm() {
      return this.live.vm;
    },
    stock() {
      return this.vm.stock || [];
    },
    open() {
      return (this.vm.calls || []).filter((call) => call.next);
    },
    done() {
      return (this.vm.calls || []).filter((call) => !call.next).slice(0, 5);
    },
  },
  mounted() {
    this.ids = idKeeper();
    this.stop = this.live.onScan(this.onScan);
  },
  unmounted() {
    this.stop();
    clearTimeout(this.timer);
  },
  methods: {
    cover(card) {
      if (card.runsOutMs === null) return this.live.t("stock.no_use");
      return span(card.runsOutMs - this.live.now, this.live.t);
    },
    levelIcon(level) {
      return { short: "error", out: "error", low: "arrow_downward", ok: "check", unmanaged: "remove" }[level];
    },
    setPick(call, key, amount) {
      this.picked = { ...this.picked, [call.number]: { ...this.picked[call.number], [key]: amount } };
    },
    async step(call, verb) {
      if (!this.vm.person) return (this.badge = true);
      if (this.busy) return;
      this.busy = true;
      const picks = verb === "pick" ? this.picksOf(call) : [];
      const body = { number: call.number, picks };
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      if (answer.ok) this.tell(this.live.t(`call.said.${verb}`, { item: call.itemName, number: call.number }));
      if (answer.ok && verb === "accept") this.chosen = call.number;
    },
    // What will be taken, and where: the suggestion, with the amounts a person changed; what is set to 0 is left.
    picksOf(call) {
      const set = this.picked[call.number] || {};
      const picks = call.suggested.map((pick) => ({ lot: pick.lot, quantity: set[pick.key] ?? pick.amount, location: pick.location || null }));
      return picks.filter((pick) => Number(pick.quantity) > 0);
    },
    tell(text) {
      this.said = text;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.said = null), SAID_MS);
    },
    async onScan(text, problem) {
      if (problem) return (this.problem = problem);
      if (!this.vm.person) return this.signInByScan(text, () => (this.badge = true));
      const answer = await this.live.book("scan", { text, selected: this.chosen });
      this.problem = answer.ok ? null : answer.problem;
      if (!answer.ok) return;
      const { step, number, lot, location } = answer.result;
      const call = this.open.find((one) => one.number === number);
      if (!call) return;
      this.chosen = number;
      this.tab = "calls";
      if (step !== "pick_lot") return this.step(call, step);
      // A lot is taken at the next place where it is to be taken; a bin stands for all that is to be taken from it.
      const fit = call.suggested.filter((one) => (lot ? one.lot === lot : one.location === location));
      const next = fit.filter((one) => !(one.key in (this.picked[number] || {})));
      for (const one of lot ? next.slice(0, 1) : next) this.setPick(call, one.key, one.amount);
      const set = this.picked[number] || {};
      if (call.suggested.every((one) => one.key in set)) await this.step(call, "pick");
      else this.tell(lot ? this.live.t("call.said.lot", { lot }) : location);
    },
  },
};
