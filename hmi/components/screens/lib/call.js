// One call for material: accept, pick (the lots to take, fewer if there are fewer), deliver.
import { elapsed, span } from "./time.js";
import { Icon, Keypad, Sheet } from "./ui.js";

const STEPS = ["accept", "pick", "deliver"];

export const CallCard = {
  components: { Icon, Keypad, Sheet },
  template: `<article class="panel call" :class="{ urgent: call.urgent, chosen, pulse: call.state === 'raised' && call.urgent }" :data-call="call.number">
    <div class="row between call-head" @click="$emit('choose')">
      <div class="call-what"><p class="title cut">{{ call.itemName }}</p><p class="secondary cut"><span class="num">{{ call.item }}</span> · C{{ call.number }}</p></div>
      <div class="call-time" :class="{ abnormal: call.urgent }"><span class="num cover-left"><Icon v-if="call.urgent" name="warning" />{{ left }}</span>
        <span class="secondary num" v-if="call.runsOut">{{ live.t('stock.runs_out', { time: call.runsOut }) }}</span></div></div>
    <div class="call-move"><b class="num">{{ call.quantity }}</b><span class="secondary num">{{ live.t('call.there', { quantity: call.onHand }) }}</span>
      <span class="call-way"><span class="cut">{{ call.sourceName }}</span><span class="call-to"><Icon name="arrow_forward" /><span class="cut">{{ call.locationName }}</span></span></span></div>
    <ol class="call-steps"><li v-for="(verb, n) in steps" :key="verb" :class="{ done: n < at, now: n === at }"><Icon :name="n < at ? 'check_circle' : n === at ? 'radio_button_checked' : 'radio_button_unchecked'" />{{ live.t('call.step.' + verb) }}</li>
      <li class="call-age num secondary">{{ who }}</li></ol>
    <div v-if="call.next === 'pick'" class="picks">
      <div v-for="pick in call.suggested" :key="pick.key" class="pick" :class="{ set: pick.key in picked }" :data-pick="pick.key"><Icon :name="pick.key in picked ? 'check_circle' : 'qr_code_scanner'" />
        <span class="what"><span class="num">{{ pick.lot }}</span><small v-if="pick.location" class="secondary pick-place"> · <span class="num">{{ pick.location }}</span> {{ pick.locationName }}</small></span>
        <button class="amount num" :disabled="live.offline" @click="edit(pick)">{{ pick.key in picked ? picked[pick.key] + ' ' + call.unit : pick.quantity }}<Icon name="edit" /></button></div>
      <p v-if="!call.suggested.length" class="mark abnormal"><Icon name="error" />{{ live.t('call.no_lots', { place: call.sourceName }) }}</p></div>
    <div v-if="call.next === 'deliver'" class="picks"><div v-for="pick in call.picks" :key="pick.key" class="pick set"><Icon name="check_circle" /><span class="what"><span class="num">{{ pick.lot }}</span><small v-if="pick.location" class="secondary pick-place"> · <span class="num">{{ pick.location }}</span> {{ pick.locationName }}</small></span><span class="num">{{ pick.quantity }}</span></div></div>
    <button class="action primary" :class="'do-' + call.next" :disabled="live.offline || busy || (call.next === 'pick' && !call.suggested.length)" @click="$emit('step', call.next)">
      <Icon :name="icon" />{{ live.t('call.do.' + call.next) }}</button>
    <Sheet v-if="editing" :title="editing.lot" icon="edit" @close="editing = null">
      <p class="lead">{{ live.t('call.short_pick', { quantity: editing.quantity }) }}</p>
      <div class="entry-display"><span class="num" :class="{ faint: !digits }">{{ digits || '0' }}</span><small>{{ call.unit }}</small></div>
      <Keypad v-model="digits" :length="8" decimal />
      <template #actions><button class="action" @click="editing = null">{{ live.t('cancel') }}</button>
        <button class="action primary grow" :disabled="digits === '' || Number(digits) > Number(editing.amount)" @click="set"><Icon name="check" />{{ live.t('call.take', { quantity: (digits || '0') + ' ' + call.unit }) }}</button></template></Sheet>
  </article>`,
  inject: ["live"],
  props: { call: Object, picked: Object, chosen: Boolean, busy: Boolean },
  emits: ["choose", "set", "step"],
  data: () => ({ steps: STEPS, editing: null, digits: "" }),
  computed: {
    at() {
      return STEPS.indexOf(this.call.next);
    },
    icon() {
      return { accept: "front_hand", pick: "shopping_cart", deliver: "where_to_vote" }[this.call.next];
    },
    left() {
      if (this.call.runsOutMs === null) return this.live.t("stock.no_use");
      return span(this.call.runsOutMs - this.live.now, this.live.t);
    },
    who() {
      const since = elapsed(this.live.now - this.call.raisedMs, this.live.t);
      return this.call.acceptedBy ? `${this.call.acceptedBy} · ${since}` : since;
    },
  },
  methods: {
    edit(pick) {
      this.editing = pick;
      this.digits = "";
    },
    set() {
      this.$emit("set", this.editing.key, this.digits);
      this.editing = null;
    },
  },
};
