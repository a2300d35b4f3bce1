// The sheets of a stocktake: one count by keypad, one decision, one new count sheet.
import { AmountEntry, PlaceSelect, typedAmount } from "./amount.js";
import { idKeeper } from "./live.js";
import { ErrorBar, Icon, Sheet } from "./ui.js";

// Blind: nothing here knows what the books say.
export const CountEntrySheet = {
  components: { AmountEntry, ErrorBar, Icon, Sheet },
  template: `<Sheet :title="live.t('count.entry')" icon="pin" keeps @close="$emit('close')">
    <div class="count-entry"><div class="wh-what">
        <p class="title"><b>{{ task.itemName }}</b></p><p class="secondary num">{{ task.item }}</p>
        <dl class="facts-list"><div><dt>{{ live.t('receive.lot') }}</dt><dd class="num">{{ task.lot }}</dd></div><div><dt>{{ live.t('receive.place') }}</dt><dd class="num">{{ task.place }}</dd></div></dl>
        <p v-if="!task.id" class="mark"><Icon name="info" />{{ live.t('count.extra') }}</p>
        <p v-if="task.state === 'recount'" class="mark abnormal"><Icon name="warning" />{{ live.t('count.recount_hint') }}</p></div>
      <AmountEntry v-model="digits" :unit="unit" :units="units" @unit="(one) => (unit = one)" />
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" /></div>
    <template #actions><button class="action" @click="$emit('close')">{{ live.t('cancel') }}</button>
      <button class="action primary grow book" :disabled="digits === '' || busy || live.offline" @click="book"><Icon name="check" />{{ digits === '' ? live.t('receive.need_quantity') : live.t('count.book', { quantity: digits + ' ' + word }) }}</button></template></Sheet>`,
  inject: ["live"],
  props: { task: Object, list: Number },
  emits: ["close", "counted"],
  data() {
    return { digits: "", unit: this.task.unit, busy: false, problem: null };
  },
  computed: {
    units() {
      return [{ unit: this.task.unit, word: this.task.unitWord }, ...(this.task.units || []).filter((one) => one.unit !== this.task.unit)];
    },
    word() {
      return this.units.find((one) => one.unit === this.unit)?.word || "";
    },
  },
  created() {
    this.ids = idKeeper();
  },
  methods: {
    async book() {
      if (this.busy || this.digits === "") return;
      this.busy = true;
      const { item, lot, place } = this.task;
      const body = { list: this.list, item, lot, location: place, quantity: typedAmount(this.digits), unit: this.unit };
      const answer = await this.live.book("count", body, this.ids.for(body));
      this.busy = false;
      if (!answer.ok) return (this.problem = answer.problem);
      this.$emit("counted", this.live.t(`count.said.${answer.result.state}`, { lot }));
    },
  },
};

const REASONS = ["unbooked", "lost", "supplier", "found", "miscounted"];

export const DifferenceSheet = {
  components: { ErrorBar, Icon, Sheet },
  template: `<Sheet :title="live.t('count.decide')" icon="balance" keeps @close="$emit('close')">
    <div class="wh-what">
      <p class="title"><b>{{ line.itemName }}</b> <span class="secondary num">{{ line.lot }} · {{ line.place }}</span></p>
      <dl class="facts-list decide-facts"><div><dt>{{ live.t('count.book_says') }}</dt><dd class="num">{{ line.book }}</dd></div><div><dt>{{ live.t('count.counted') }}</dt><dd class="num">{{ line.counted }}</dd></div>
        <div><dt>{{ live.t('count.difference') }}</dt><dd class="num" :class="{ abnormal: line.less }">{{ line.difference }}</dd></div><div><dt>{{ live.t('count.value') }}</dt><dd class="num">{{ line.value }}</dd></div></dl>
      <p v-if="line.note" class="secondary">{{ line.note }}</p>
      <h3>{{ live.t('scrap.reason') }}</h3>
      <div class="reasons"><button v-for="one in reasons" :key="one" class="reason" :class="{ chosen: reason === one }" :aria-pressed="reason === one" @click="reason = one">
        <Icon :name="reason === one ? 'check_circle' : 'radio_button_unchecked'" /><span>{{ live.t('count.reason.' + one) }}</span></button></div>
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" /></div>
    <template #actions><button class="action grow refuse" :disabled="!reason || busy || live.offline" @click="decide('refuse_count')"><Icon name="close" />{{ live.t('count.refuse') }}</button>
      <button class="action primary grow approve" :disabled="!reason || busy || live.offline" @click="decide('approve_count')"><Icon name="check" />{{ live.t('count.approve') }}</button></template></Sheet>`,
  inject: ["live"],
  props: { line: Object },
  emits: ["close", "decided"],
  data: () => ({ reasons: REASONS, reason: null, busy: false, problem: null }),
  created() {
    this.ids = idKeeper();
  },
  methods: {
    async decide(verb) {
      if (this.busy) return;
      this.busy = true;
      const body = { list: this.line.list, line: this.line.line, reason: this.live.t(`count.reason.${this.reason}`) };
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      if (!answer.ok) return (this.problem = answer.problem);
      const approved = verb === "approve_count";
      this.$emit("decided", this.live.t(approved ? "count.approved" : "count.refused", { lot: this.line.lot }));
    },
  },
};

export const NewCountSheet = {
  components: { ErrorBar, Icon, PlaceSelect, Sheet },
  template: `<Sheet :title="live.t('count.new')" icon="playlist_add" keeps @close="$emit('close')">
    <div class="wh-what">
      <label>{{ live.t('count.where') }}<PlaceSelect v-model="place" :places="places" :label="live.t('receive.choose_place')" /></label>
      <div class="segments"><button v-for="one in ['', 'A', 'B', 'C']" :key="one" :class="{ on: abc === one }" @click="abc = one">{{ one ? live.t('count.class', { abc: one }) : live.t('count.all_classes') }}</button></div>
      <div class="segments"><button v-for="one in [true, false]" :key="one" :class="{ on: due === one }" @click="due = one">{{ live.t(one ? 'count.only_due' : 'count.everything') }}</button></div>
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" /></div>
    <template #actions><button class="action" @click="$emit('close')">{{ live.t('cancel') }}</button>
      <button class="action primary grow book" :disabled="!place || busy || live.offline" @click="make"><Icon name="check" />{{ live.t('count.make') }}</button></template></Sheet>`,
  inject: ["live"],
  props: { places: Array },
  emits: ["close"],
  data: () => ({ place: "", abc: "", due: true, busy: false, problem: null }),
  created() {
    this.ids = idKeeper();
  },
  methods: {
    async make() {
      this.busy = true;
      const body = { location: this.place, abc_class: this.abc || null, due_only: this.due };
      const answer = await this.live.book("make_count", body, this.ids.for(body));
      this.busy = false;
      if (!answer.ok) return (this.problem = answer.problem);
      this.$emit("close");
    },
  },
};
