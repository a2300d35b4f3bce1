// Layout E: what lies where. Places as a tree, the lots of a place or an item beside it; a scan finds any of them. Also on a handheld.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { LotSheet } from "./lib/lot_sheet.js";
import { Empty, ErrorBar, Icon, PersonButton, Skeleton, TopBar } from "./lib/ui.js";

const SAID_MS = 6000;
const KIND_ICONS = {
  site: "factory", store: "warehouse", bin: "shelves", line_side: "precision_manufacturing", in_transit: "local_shipping",
  quarantine: "front_hand", scrap: "delete", finished: "inventory",
};

export const StockScreen = {
  components: { BadgeSheet, Empty, ErrorBar, Icon, LotSheet, PersonButton, Skeleton, TopBar },
  template: `<div class="warehouse where" :class="{ stale: live.stale, looking: looking }">
    <TopBar><h1 class="cut">{{ live.t('where.title') }}</h1><template #person><PersonButton :person="vm.person" @tap="badge = true" /></template></TopBar>
    <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
    <ErrorBar v-else-if="vm.asked" :problem="vm.asked" />
    <p v-if="said" class="said" role="status"><Icon name="check_circle" />{{ said }}</p>
    <Skeleton v-if="!live.ready || (!vm.tree && !vm.asked)" layout="list" :count="6" />
    <main v-else class="wh-main values">
      <div class="wh-tools"><label class="search"><Icon name="search" /><input v-model="text" class="find" :placeholder="live.t('where.search')" maxlength="64" @keydown.enter="look({ text })" /></label>
        <button class="action" :disabled="!text.trim() || live.offline" @click="look({ text })"><Icon name="search" />{{ live.t('where.find') }}</button></div>
      <div class="where-grid">
        <nav class="tree panel scroll"><p v-if="!(vm.tree || []).length" class="secondary">{{ live.t('where.no_places') }}</p>
          <button v-for="place in vm.tree || []" :key="place.code" class="tree-place" :class="{ on: vm.wanted.location === place.code }" :style="{ paddingLeft: 12 + place.depth * 24 + 'px' }" :data-place="place.code" :disabled="live.offline" @click="look({ location: place.code })">
            <Icon :name="kindIcons[place.kind] || 'place'" /><span class="tree-name"><span class="cut">{{ place.name }}</span><small class="secondary num">{{ place.code }}</small></span></button></nav>
        <section class="where-found">
          <div v-if="choices.length" class="scroll wh-scroll"><h2>{{ live.t('where.which') }}</h2><div class="wh-cards"><button v-for="one in choices" :key="one.item + one.lot" class="panel wh-card choice" @click="look({ item: one.item, lot: one.lot })">
            <span class="row between"><span class="wh-name num">{{ one.lot }}</span><span class="num">{{ one.onHand }}</span></span><span class="secondary">{{ one.itemName }}<template v-if="one.supplierLot"> · {{ one.supplierLot }}</template></span></button></div></div>
          <Empty v-else-if="!looking" class="panel" icon="qr_code_scanner" :text="live.t('where.start')" />
          <template v-else><header class="where-head"><button class="plain back" :aria-label="live.t('where.back')" @click="look({})"><Icon name="arrow_back" /></button><h2 class="cut">{{ heading }}</h2></header>
            <Skeleton v-if="!vm.lines" layout="list" :count="4" />
            <div v-else class="scroll wh-scroll">
              <Empty v-if="!vm.lines.length" class="panel" icon="inventory_2" :text="live.t('where.nothing')" />
              <ul v-if="vm.sums.length === 1" class="where-sums num"><li><small>{{ live.t('plan.on_hand') }}</small>{{ vm.sums[0].onHand }}</li><li v-if="vm.sums[0].reserved"><small>{{ live.t('where.reserved') }}</small>{{ vm.sums[0].reserved }}</li><li v-if="vm.sums[0].held" class="abnormal"><small>{{ live.t('where.held') }}</small>{{ vm.sums[0].held }}</li></ul>
              <button v-for="line in vm.lines" :key="line.key" class="panel lot-line" :class="{ blocked: line.held || line.quarantine, expired: line.expired }" :data-lot="line.key" @click="open(line)">
                <span class="lot-what"><b class="cut">{{ line.itemName }}</b><span class="secondary num cut">{{ line.lot }}</span></span>
                <span class="lot-where cut">{{ line.placeName }}<small v-if="line.containers.length" class="secondary num"> · {{ line.containers.join(', ') }}</small></span>
                <span class="lot-much num"><b>{{ line.quantity }}</b><small v-if="line.reserved" class="secondary">{{ live.t('where.of_it_reserved', { quantity: line.reserved }) }}</small></span>
                <span class="lot-marks"><span v-if="line.held || line.quarantine" class="abnormal"><Icon name="front_hand" />{{ live.t(line.held ? 'where.held' : 'where.quarantine') }}</span>
                  <span v-if="line.expires" class="num" :class="{ abnormal: line.expired, soon: line.soon }"><Icon :name="line.expired ? 'error' : line.soon ? 'warning' : 'event'" />{{ line.expires }}</span></span></button>
              <p v-if="vm.more" class="secondary">{{ live.t('where.more') }}</p></div></template>
        </section></div>
    </main>
    <LotSheet v-if="line" :line="line" :places="vm.places || []" :orders="vm.orders || []" @close="shown = null" @done="done" />
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({ text: "", badge: false, shown: null, said: null, choices: [], kindIcons: KIND_ICONS }),
  computed: {
    vm() {
      return this.live.vm;
    },
    looking() {
      return Object.keys(this.vm.wanted || {}).length > 0;
    },
    heading() {
      const { location, item, lot } = this.vm.wanted;
      if (location) return this.vm.tree.find((place) => place.code === location)?.name || location;
      const name = this.vm.lines?.[0]?.itemName || item;
      return lot ? `${lot} · ${name}` : name;
    },
    line() {
      return (this.vm.lines || []).find((one) => one.key === this.shown) || null;
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
    open(line) {
      if (!this.vm.person) return (this.badge = true);
      this.shown = line.key;
    },
    async look(body) {
      if (body.text !== undefined && !body.text.trim()) return null;
      const answer = await this.live.ask("look", body);
      this.problem = answer.ok ? null : answer.problem;
      this.choices = answer.ok ? answer.result.choices : [];
      if (answer.ok) this.text = "";
      else this.live.refuse();
      return answer;
    },
    // Whoever is signed in looks for what was scanned; else it may be a badge.
    async onScan(text, problem) {
      if (problem) return (this.problem = problem);
      if (!this.vm.person) return this.signInByScan(text, () => (this.badge = true));
      await this.look({ text });
    },
    done(text) {
      this.shown = null;
      this.said = text;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.said = null), SAID_MS);
    },
  },
};
