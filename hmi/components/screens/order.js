// Layout E: one work order whole; every figure can be asked why, every step says first what it will do.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { OrderStep, VERB_ICONS } from "./lib/order_steps.js";
import { Empty, ErrorBar, Icon, PersonButton, Progress, Skeleton, TopBar } from "./lib/ui.js";
import { Why, WhySheet } from "./lib/why.js";

const RISK_ICONS = { late: "error", at_risk: "warning", on_time: "check", done: "task_alt" };
const READY_ICONS = { ready: "check", to_bring: "local_shipping", coming: "schedule", missing: "error" };
const SAID_MS = 6000;

export const OrderScreen = {
  components: { BadgeSheet, Empty, ErrorBar, Icon, OrderStep, PersonButton, Progress, Skeleton, TopBar, Why, WhySheet },
  template: `<div class="desk order" :class="{ stale: live.stale }">
    <TopBar><a class="plain" href="/orders" :aria-label="live.t('orders.title')"><Icon name="arrow_back" /></a><h1 class="num cut">{{ vm.number }}</h1><span v-if="order" class="title cut">{{ order.itemName }}</span>
      <template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <ErrorBar v-if="problem || (vm.problem && !absent)" :problem="problem || vm.problem" :closable="Boolean(problem)" @close="problem = null" />
    <p v-if="said" class="said" role="status"><Icon name="check_circle" />{{ said }}</p>
    <Skeleton v-if="!live.ready || (!order && !absent)" layout="list" :count="5" />
    <main v-else-if="!order" class="panel center"><Empty icon="assignment" :text="live.t('order.unknown', { number: vm.number })"><a class="action" href="/orders">{{ live.t('orders.title') }}</a></Empty></main>
    <main v-else class="desk-grid values scroll">
      <div class="desk-main scroll">
        <section class="panel order-head">
          <div class="order-count"><p class="row"><span class="order-state" :class="'order-' + order.state.key"><Icon :name="order.state.icon" />{{ order.state.word }}</span><span :class="'risk-' + order.risk"><Icon :name="riskIcons[order.risk]" />{{ order.riskWord }}</span></p>
            <p class="order-good"><span class="num">{{ order.good }}</span><small class="num">/ {{ order.target }} {{ order.unit }}</small><b class="num" v-if="order.percent !== null">{{ order.percent }} %</b></p>
            <Progress :percent="order.percent" goal /></div>
          <dl class="facts-list">
            <div><dt>{{ live.t('orders.col.due') }}</dt><dd class="num">{{ order.due }}</dd></div>
            <div><dt>{{ live.t('orders.col.finish') }}</dt><dd class="num">{{ order.finish || '–' }}</dd></div>
            <div><dt>{{ live.t('order.left') }}</dt><dd class="num">{{ order.missing || '–' }}</dd></div>
            <div><dt>{{ live.t('orders.priority') }}</dt><dd class="num">{{ order.priority }}</dd></div>
            <div><dt>{{ live.t('order.tolerance') }}</dt><dd class="num">{{ order.over }} / {{ order.under }}</dd></div>
            <div><dt>{{ live.t('order.revisions') }}</dt><dd class="num">{{ revisions }}</dd></div></dl>
          <p v-if="order.overDelivery" class="abnormal"><Icon name="warning" />{{ live.t('order.over_delivery', { quantity: order.overDelivery }) }}</p>
          <p v-if="order.short" class="secondary">{{ live.t('order.short', { reason: order.short }) }}</p>
          <p v-if="order.parents.length + order.children.length" class="row relations"><a v-for="one in [...order.parents, ...order.children]" :key="one.number" class="link-chip" :href="one.href"><Icon name="call_split" />{{ one.word }} <b class="num">{{ one.number }}</b> <span class="num">{{ one.quantity }}</span></a></p>
          <div class="order-actions">
            <button v-for="verb in order.actions" :key="verb" class="action small" :class="[verb, { primary: verb === 'release' }]" :disabled="live.offline" @click="step = { verb }"><Icon :name="verbIcons[verb]" />{{ live.t('order.do.' + verb) }}</button>
            <button v-if="!vm.person" class="action small" :disabled="live.offline" @click="badge = true"><Icon name="badge" />{{ live.t('orders.sign_in') }}</button></div>
        </section>
        <section class="panel slab"><h2>{{ live.t('order.operations') }}</h2>
          <table class="rows"><thead><tr><th>{{ live.t('orders.operation') }}</th><th>{{ live.t('orders.col.state') }}</th><th class="n">{{ live.t('run.good') }}</th><th class="n">{{ live.t('run.scrap') }}</th><th class="n">{{ live.t('run.rework') }}</th><th>{{ live.t('orders.col.finish') }}</th><th></th></tr></thead>
            <tbody><tr v-for="one in vm.operations" :key="one.number" :data-operation="one.number">
              <td><b class="num">{{ one.number }}</b> {{ one.name }}<br><a class="secondary under" :href="one.terminal">{{ one.place }}</a><small v-if="one.units.length" class="secondary"> · {{ live.t('order.also', { units: one.units.join(', ') }) }}</small></td>
              <td><span class="order-state" :class="'order-' + one.state.key"><Icon :name="one.state.icon" />{{ one.state.word }}</span></td>
              <td class="n"><Why :path="one.why.good" @ask="why = $event"><b class="num">{{ one.good }}</b></Why><br><span class="secondary num">/ {{ one.target }} {{ one.unit }}</span></td>
              <td class="n"><Why :path="one.why.scrap" @ask="why = $event"><span class="num">{{ one.scrap }}</span></Why></td>
              <td class="n"><Why :path="one.why.rework" @ask="why = $event"><span class="num">{{ one.rework }}</span></Why></td>
              <td><span class="num">{{ one.finish || one.ended || '–' }}</span><template v-if="one.ahead"><br><span class="num" :class="one.behind ? 'abnormal' : 'secondary'">{{ live.t(one.behind ? 'order.behind' : 'order.ahead', { quantity: one.ahead }) }}</span></template>
                <template v-if="one.overUpstream"><br><span class="abnormal num">{{ live.t('order.over_upstream', { quantity: one.overUpstream }) }}</span></template><template v-if="one.outside"><br><span class="num">{{ live.t('order.outside', { quantity: one.outside }) }}</span></template></td>
              <td class="n"><span class="row-actions"><button v-for="verb in one.actions" :key="verb" class="plain bordered" :class="verb" :disabled="live.offline" @click="step = { verb, operation: one }"><Icon :name="verbIcons[verb]" />{{ live.t('order.do.' + verb) }}</button></span></td></tr></tbody></table></section>
        <section class="panel slab"><h2>{{ live.t('order.material') }}<span v-if="vm.material" class="ready" :class="'ready-' + vm.material.ready"><Icon :name="readyIcons[vm.material.ready]" />{{ vm.material.readyWord }}</span></h2>
          <p v-if="!vm.material" class="secondary">{{ live.t('loading') }}</p><p v-else-if="!vm.material.rows.length" class="secondary">{{ live.t('order.no_material') }}</p>
          <table v-else class="rows"><thead><tr><th>{{ live.t('table.item') }}</th><th class="n">{{ live.t('order.needed') }}</th><th class="n">{{ live.t('order.here') }}</th><th>{{ live.t('orders.col.state') }}</th><th>{{ live.t('order.where') }}</th></tr></thead>
            <tbody><tr v-for="one in vm.material.rows" :key="one.key" :data-component="one.item"><td>{{ one.itemName }}<br><span class="secondary num">{{ one.item }} · {{ live.t('order.operation_short', { number: one.operation }) }}</span></td>
              <td class="n num">{{ one.needed }}</td><td class="n num">{{ one.here }}<br><span class="secondary">{{ one.place || '?' }}</span></td>
              <td><span class="ready" :class="'ready-' + one.ready"><Icon :name="readyIcons[one.ready]" />{{ one.readyWord }}</span><template v-if="one.missing"><br><b class="abnormal num">{{ live.t('order.missing', { quantity: one.missing }) }}</b></template><template v-else-if="one.toBring"><br><span class="num">{{ live.t('order.to_bring', { quantity: one.toBring }) }}</span></template></td>
              <td class="num"><span v-for="place in one.elsewhere" :key="place" class="line">{{ place }}</span><span v-for="text in one.incoming" :key="text" class="line">{{ text }}</span><span v-if="one.comes" class="line"><b>{{ live.t('order.comes', { time: one.comes }) }}</b></span><span v-if="!one.elsewhere.length && !one.incoming.length" class="secondary">–</span></td></tr></tbody></table></section>
        <section class="panel slab"><h2>{{ live.t('order.used') }}<span v-if="vm.used && vm.used.rows.length" class="h2-side num" :class="{ abnormal: vm.used.dearer }">{{ live.t('order.variance_total', { value: vm.used.total }) }}</span></h2>
          <p v-if="!vm.used" class="secondary">{{ live.t('loading') }}</p><p v-else-if="!vm.used.rows.length" class="secondary">{{ live.t('order.nothing_used') }}</p>
          <template v-else><table class="rows"><thead><tr><th>{{ live.t('table.item') }}</th><th class="n">{{ live.t('order.standard') }}</th><th class="n">{{ live.t('order.actual') }}</th><th class="n">{{ live.t('order.variance') }}</th><th class="n">{{ live.t('order.value') }}</th><th>{{ live.t('order.lots') }}</th></tr></thead>
            <tbody><tr v-for="one in vm.used.rows" :key="one.key" :data-used="one.item"><td>{{ one.itemName }}<br><span class="secondary num">{{ one.item }} · {{ live.t('order.operation_short', { number: one.operation }) }}</span></td><td class="n num">{{ one.standard }}</td>
              <td class="n num">{{ one.actual }}<template v-if="one.waiting"><br><span class="abnormal">{{ live.t('order.waiting', { quantity: one.waiting }) }}</span></template></td>
              <td class="n"><Why :path="one.why" @ask="why = $event"><span class="num" :class="{ abnormal: one.more }">{{ one.variance }}</span></Why><br><span class="secondary num">{{ one.share || '' }}</span></td><td class="n num">{{ one.value }}</td>
              <td><a v-for="lot in one.lots" :key="lot.lot" class="link-chip" :href="lot.href"><Icon :name="lot.held ? 'block' : 'qr_code_2'" /><b>{{ lot.lot }}</b> <span class="num">{{ lot.quantity }}</span></a><span v-if="!one.lots.length" class="secondary">–</span></td></tr></tbody></table>
            <p class="formula">{{ vm.used.formula }}</p></template>
          <p v-if="vm.made && vm.made.length" class="row relations"><span class="secondary">{{ live.t('order.made') }}</span><a v-for="lot in vm.made" :key="lot.item + lot.lot" class="link-chip" :href="lot.href"><Icon name="inventory_2" /><b>{{ lot.lot }}</b> {{ lot.itemName }} <span class="num">{{ lot.quantity }}</span></a></p></section>
      </div>
      <aside class="panel slab history scroll"><h2>{{ live.t('order.history') }}</h2>
        <ul v-if="vm.history.length"><li v-for="(one, nr) in vm.history" :key="nr"><Icon :name="one.icon" /><div><p>{{ one.what }}</p><p class="secondary"><span class="num">{{ one.at }}</span> · {{ one.person }}<template v-if="one.reason"> · {{ one.reason }}</template></p></div></li></ul>
        <p v-else class="secondary">{{ live.t('order.no_history') }}</p></aside>
    </main>
    <OrderStep v-if="step" :verb="step.verb" :order="order" :operation="step.operation" :units="vm.reworkUnits" @close="step = null" @done="done" />
    <WhySheet v-if="why" :path="why" @close="why = null" />
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({ badge: false, step: null, why: null, said: null, riskIcons: RISK_ICONS, readyIcons: READY_ICONS, verbIcons: VERB_ICONS }),
  computed: {
    vm() {
      return this.live.vm;
    },
    order() {
      return this.vm.order || null;
    },
    absent() {
      return !this.order && this.vm.problem?.type === "not-found";
    },
    revisions() {
      return [this.order.bill, this.order.routing].filter(Boolean).join(" / ") || "–";
    },
  },
  mounted() {
    this.stop = this.live.onScan((text, problem) => (problem ? (this.problem = problem) : this.signInByScan(text, () => (this.badge = true))));
  },
  unmounted() {
    this.stop();
    clearTimeout(this.timer);
  },
  methods: {
    done({ verb, number }) {
      this.step = null;
      if (number && (verb === "split" || verb === "rework_order")) return window.location.assign(`/orders/${encodeURIComponent(number)}`);
      this.said = this.live.t("order.said", { what: this.live.t(`order.do.${verb}`) });
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.said = null), SAID_MS);
    },
  },
};
