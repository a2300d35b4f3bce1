// The sheets of replenishment planning: who supplies, another quantity or date, not wanted, and an emergency.
import { AmountEntry, typedAmount } from "./amount.js";
import { idKeeper } from "./live.js";
import { span } from "./time.js";
import { ErrorBar, Icon, Sheet, Unknown } from "./ui.js";

const DAY_MS = 86400000;
const CHANGED = ["demand", "lot_size", "supplier_says"];
const REJECTED = ["not_needed", "covered", "later"];

const booking = {
  inject: ["live"],
  data: () => ({ busy: false, problem: null }),
  created() {
    this.ids = idKeeper();
  },
  methods: {
    async send(verb, body, said) {
      if (this.busy) return;
      this.busy = true;
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      if (!answer.ok) return (this.problem = answer.problem);
      this.$emit("done", said);
    },
    reason(code) {
      return this.live.t(`plan.reason.${code}`);
    },
  },
};

const ReasonTiles = {
  components: { Icon },
  template: `<div class="reasons"><button v-for="one in reasons" :key="one" class="reason" :class="{ chosen: modelValue === one }" :aria-pressed="modelValue === one" @click="$emit('update:modelValue', one)">
    <Icon :name="modelValue === one ? 'check_circle' : 'radio_button_unchecked'" /><span>{{ live.t('plan.reason.' + one) }}</span></button></div>`,
  inject: ["live"],
  props: { reasons: Array, modelValue: String },
  emits: ["update:modelValue"],
};

// Who supplies it was not said yet: one tap on a supplier orders it there.
export const SupplierSheet = {
  mixins: [booking],
  components: { ErrorBar, Icon, Sheet },
  template: `<Sheet :title="live.t('plan.supplier')" icon="local_shipping" keeps @close="$emit('close')">
    <div class="wh-what"><p class="title"><b>{{ one.itemName }}</b> <span class="num">{{ one.quantity }}</span></p>
      <p v-if="!suppliers.length" class="lead">{{ live.t('plan.no_supplier') }}</p>
      <button v-for="who in suppliers" :key="who.code" class="action wide supplier" :disabled="busy || live.offline" @click="choose(who)"><Icon name="local_shipping" />{{ who.name }}</button>
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" /></div></Sheet>`,
  props: { one: Object, suppliers: Array },
  emits: ["close", "done"],
  methods: {
    choose(who) {
      const body = { proposal: this.one.id, number: this.one.number, supplier: who.code };
      return this.send("firm", body, this.live.t("plan.said.firm", { item: this.one.itemName, number: this.one.number }));
    },
  },
};

export const ChangeSheet = {
  mixins: [booking],
  components: { AmountEntry, ErrorBar, Icon, ReasonTiles, Sheet },
  template: `<Sheet :title="live.t('plan.change')" icon="edit" keeps @close="$emit('close')">
    <div class="wh-entry"><div class="wh-what"><p class="title"><b>{{ one.itemName }}</b> <span class="secondary num">{{ one.quantity }}</span></p>
        <h3>{{ live.t('plan.due') }}</h3>
        <div class="due-choice"><button class="action small" :aria-label="live.t('plan.earlier')" @click="days -= 1"><Icon name="remove" /></button><b class="num">{{ dueText }}</b>
          <button class="action small" :aria-label="live.t('plan.later')" @click="days += 1"><Icon name="add" /></button></div>
        <h3>{{ live.t('scrap.reason') }}</h3><ReasonTiles v-model="why" :reasons="reasons" /></div>
      <AmountEntry v-model="digits" suggested :unit="one.unit" />
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" /></div>
    <template #actions><button class="action" @click="$emit('close')">{{ live.t('cancel') }}</button>
      <button class="action primary grow book" :disabled="!ready" @click="book"><Icon name="check" />{{ why ? live.t('plan.change_go') : live.t('scrap.choose_reason') }}</button></template></Sheet>`,
  props: { one: Object },
  emits: ["close", "done"],
  data() {
    return { digits: this.one.amount, days: 0, why: "", reasons: CHANGED };
  },
  computed: {
    dueMs() {
      return this.one.dueMs + this.days * DAY_MS;
    },
    dueText() {
      const form = { timeZone: this.live.vm.zone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      const parts = new Intl.DateTimeFormat("en", form).formatToParts(this.dueMs).map((part) => [part.type, part.value]);
      const { month, day, hour, minute } = Object.fromEntries(parts);
      return `${month}-${day} ${hour}:${minute}`;
    },
    ready() {
      const changed = this.days || typedAmount(this.digits) !== this.one.amount;
      return changed && Number(this.digits) > 0 && this.why && !this.busy && !this.live.offline;
    },
  },
  methods: {
    book() {
      const body = { proposal: this.one.id, quantity: typedAmount(this.digits), reason: this.reason(this.why) };
      if (this.days) body.due_at = new Date(this.dueMs).toISOString();
      return this.send("change_proposal", body, this.live.t("plan.said.change", { item: this.one.itemName }));
    },
  },
};

export const RejectSheet = {
  mixins: [booking],
  components: { ErrorBar, Icon, Sheet },
  template: `<Sheet :title="live.t('plan.reject')" icon="close" @close="$emit('close')">
    <div class="wh-what"><p class="title"><b>{{ one.itemName }}</b> <span class="num">{{ one.quantity }}</span></p>
      <div class="reasons"><button v-for="why in reasons" :key="why" class="reason" :disabled="busy || live.offline" @click="book(why)"><Icon name="close" /><span>{{ reason(why) }}</span></button></div>
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" /></div></Sheet>`,
  props: { one: Object },
  emits: ["close", "done"],
  data: () => ({ reasons: REJECTED }),
  methods: {
    book(why) {
      const body = { proposal: this.one.id, reason: this.reason(why) };
      return this.send("reject_proposal", body, this.live.t("plan.said.reject", { item: this.one.itemName }));
    },
  },
};

export const LoopSheet = {
  mixins: [booking],
  components: { ErrorBar, Icon, Sheet, Unknown },
  template: `<Sheet :title="loop.itemName" icon="loop" @close="$emit('close')">
    <div class="wh-what"><p class="title">{{ loop.placeName }} <span class="secondary num">{{ loop.place }}</span></p>
      <p class="lead">{{ loop.methodWord }} · {{ loop.kindWord }}</p><p class="num">{{ loop.rule }}</p>
      <dl class="facts-list decide-facts"><div v-for="fact in facts" :key="fact[0]"><dt>{{ fact[0] }}</dt><dd class="num"><Unknown v-if="fact[1] === null" /><template v-else>{{ fact[1] }}</template></dd></div></dl>
      <template v-if="loop.hasSafety"><h3>{{ live.t('plan.emergency_why') }}</h3>
        <div class="reasons"><button v-for="why in reasons" :key="why" class="reason emergency" :disabled="busy || live.offline" @click="call(why)"><Icon name="campaign" /><span>{{ reason(why) }}</span></button></div></template>
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" /></div></Sheet>`,
  props: { loop: Object },
  emits: ["close", "done"],
  data: () => ({ reasons: ["line_waits", "damaged"] }),
  computed: {
    facts() {
      const { loop, live } = this;
      const left = loop.runsOutMs === null ? null : span(loop.runsOutMs - live.now, live.t);
      return [
        [live.t("plan.on_hand"), loop.onHand],
        [live.t("plan.coming"), loop.coming || "–"],
        [live.t("plan.projected"), `${loop.projected} ${loop.unit}`],
        [live.t("plan.next"), loop.next || "–"],
        [live.t("plan.rate"), loop.rate],
        [live.t("plan.runs_out"), left],
        [live.t("plan.cover"), loop.cover === null ? null : live.t("plan.days", { days: loop.cover })],
        [live.t("plan.safety"), loop.safety],
      ];
    },
  },
  methods: {
    call(why) {
      const body = { item: this.loop.item, location: this.loop.place, reason: this.reason(why) };
      return this.send("emergency", body, this.live.t("plan.said.emergency", { item: this.loop.itemName }));
    },
  },
};
