// Layouts B and C: what suppliers should bring, soonest first; a scan opens the delivery. Also on a handheld.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { ReceiveSheet } from "./lib/receive_sheet.js";
import { Empty, ErrorBar, Icon, PersonButton, Progress, Skeleton, TopBar } from "./lib/ui.js";

export const ReceiveScreen = {
  components: { BadgeSheet, Empty, ErrorBar, Icon, PersonButton, Progress, ReceiveSheet, Skeleton, TopBar },
  template: `<div class="warehouse receive" :class="{ stale: live.stale }">
    <TopBar><h1 class="cut">{{ live.t('receive.title') }}</h1><template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
    <ErrorBar v-else-if="vm.asked" :problem="vm.asked" />
    <Skeleton v-if="!live.ready || (!vm.lines && !vm.asked)" layout="list" :count="6" />
    <main v-else class="wh-main values">
      <div class="wh-tools"><label class="search"><Icon name="search" /><input v-model="text" :placeholder="live.t('receive.search')" maxlength="64" /></label>
        <button class="action loose" :disabled="live.offline" @click="begin(null)"><Icon name="add" />{{ live.t('receive.without') }}</button></div>
      <div class="scroll wh-scroll">
        <Empty v-if="!rows.length" class="panel" icon="local_shipping" :text="live.t(all.length ? 'receive.none_match' : 'receive.empty')">
          <button v-if="all.length" class="action" @click="text = ''">{{ live.t('orders.show_all') }}</button></Empty>
        <div class="wh-cards"><button v-for="line in rows" :key="line.key" class="panel wh-card" :class="{ late: line.late }" :data-line="line.key" :disabled="live.offline" @click="begin(line)">
          <span class="row between"><span class="wh-name">{{ line.itemName }}</span><span class="num due" :class="{ abnormal: line.late }"><Icon :name="line.late ? 'warning' : 'schedule'" />{{ line.due }}</span></span>
          <span class="secondary"><b class="num">{{ line.order }}</b> · {{ line.supplier }} · <span class="num">{{ line.item }}</span></span>
          <span class="row between wh-figures"><span><span class="wh-big num">{{ line.outstanding }}</span> {{ line.unitWord }}</span>
            <span class="secondary num">{{ live.t('receive.of', { quantity: line.ordered }) }}</span></span>
          <Progress :percent="line.percent" goal /></button></div></div>
    </main>
    <ReceiveSheet v-if="open" :key="open.key" :line="open.line" :label="open.label" :places="vm.places || []" @close="open = null" />
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({ text: "", badge: false, open: null, opened: 0 }),
  computed: {
    vm() {
      return this.live.vm;
    },
    all() {
      return this.vm.lines || [];
    },
    rows() {
      const wanted = this.text.trim().toLowerCase();
      return this.all.filter((line) => `${line.order} ${line.item} ${line.itemName} ${line.supplier}`.toLowerCase().includes(wanted));
    },
  },
  mounted() {
    this.stop = this.live.onScan(this.onScan);
  },
  unmounted() {
    this.stop();
  },
  methods: {
    begin(line, label = null) {
      if (!this.vm.person) return (this.badge = true);
      this.problem = null;
      this.open = { line, label, key: ++this.opened };
    },
    // A purchase order filters the list; an item opens its line, the earliest first, or a delivery without an order.
    async onScan(text, problem) {
      if (problem) return (this.problem = problem);
      const code = text.trim().toUpperCase();
      if (this.all.some((line) => line.order.toUpperCase() === code)) return (this.text = code);
      if (!this.vm.person) return this.signInByScan(text, () => (this.badge = true));
      const answer = await this.live.book("label", { text });
      if (!answer.ok) return (this.problem = answer.problem);
      const label = answer.result;
      const line = this.rows.find((one) => one.item === label.item) || this.all.find((one) => one.item === label.item);
      this.begin(line || null, label);
    },
  },
};
