// One delivery: the label fills in lot, expiry and quantity; the server says how much of a line may still come.
import { AmountEntry, PlaceSelect, typedAmount } from "./amount.js";
import { idKeeper } from "./live.js";
import { PutAway } from "./put_away.js";
import { dated } from "./time.js";
import { ErrorBar, Icon, Sheet } from "./ui.js";

export const ReceiveSheet = {
  components: { AmountEntry, ErrorBar, Icon, PlaceSelect, PutAway, Sheet },
  template: `<Sheet :title="live.t(line ? 'receive.line' : 'receive.loose')" icon="input" keeps @close="$emit('close')">
    <div v-if="received" class="received">
      <div class="accepted"><Icon name="check_circle" /><div><strong>{{ live.t('receive.done', { quantity: received.quantity }) }}</strong><p>{{ named.itemName }} · {{ received.lot }} · {{ received.place }}</p></div></div>
      <PutAway :lot="received" :places="places" @done="put = true" /></div>
    <div v-else class="receive-entry">
      <div class="receive-what">
        <template v-if="named.item"><p class="title"><b>{{ named.itemName }}</b></p>
          <p class="secondary"><span class="num">{{ named.item }}</span><template v-if="line"> · {{ line.order }}<span class="wide-only"> · {{ line.supplier }}</span></template></p>
          <div v-if="line" class="row between"><p class="num">{{ live.t('receive.expected', { quantity: line.outstanding + ' ' + line.unitWord }) }}<template v-if="line.most"> · {{ live.t('receive.most', { quantity: line.most }) }}</template></p>
            <button class="action small all" @click="all">{{ live.t('receive.all') }}</button></div></template>
        <label v-else>{{ live.t('receive.item') }}<span class="typed"><input v-model="code" class="num item-code" maxlength="64" :placeholder="live.t('receive.scan_item')" @keydown.enter="look(code)" />
          <button class="action small" :disabled="!code.trim() || live.offline" :aria-label="live.t('receive.look')" @click="look(code)"><Icon name="search" /></button></span></label>
        <div class="receive-pair"><label>{{ live.t('receive.lot') }}<input v-model="lot" class="num lot" maxlength="64" :placeholder="live.t('receive.scan_lot')" /></label>
          <label>{{ live.t('receive.supplier_lot') }}<input v-model="supplierLot" class="num" maxlength="64" /></label></div>
        <div class="receive-pair"><label>{{ live.t('receive.expires') }}<input :value="expires" class="num expires" inputmode="numeric" maxlength="10" placeholder="2027-12-31" @input="expires = dated($event.target)" /></label>
          <label>{{ live.t('receive.place') }}<PlaceSelect v-model="place" :places="places" :label="live.t('receive.choose_place')" /></label></div>
      </div>
      <div class="receive-much">
        <div class="segments amounts"><button :class="{ on: field === 'taken' }" @click="field = 'taken'">{{ live.t('receive.taken') }} <b class="num">{{ taken || '–' }}</b></button>
          <button v-if="line" :class="{ on: field === 'rejected' }" @click="field = 'rejected'">{{ live.t('receive.rejected') }} <b class="num">{{ rejected || '–' }}</b></button></div>
        <AmountEntry v-model="digits" :unit="unit" :units="units" @unit="(one) => (unit = one)" /></div>
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
    </div>
    <template #actions>
      <button class="action" :class="{ grow: received }" @click="$emit('close')">{{ live.t(!received ? 'cancel' : put ? 'close' : 'receive.leave') }}</button>
      <button v-if="!received" class="action primary grow book" :disabled="!ready" @click="book"><Icon name="check" />{{ missing || live.t('receive.book', { quantity: taken + ' ' + word }) }}</button></template></Sheet>`,
  inject: ["live"],
  props: { line: Object, label: Object, places: Array },
  emits: ["close"],
  data() {
    return {
      named: this.line || {}, code: "", lot: "", supplierLot: "", expires: "", place: this.line?.place || "", unit: this.line?.unit || "",
      field: "taken", taken: "", rejected: "", busy: false, problem: null, received: null, put: false,
    };
  },
  computed: {
    digits: {
      get() {
        return this[this.field];
      },
      set(text) {
        this[this.field] = text;
      },
    },
    units() {
      if (!this.named.unit) return [];
      const packs = this.line ? [this.line.pack].filter(Boolean) : this.named.units.filter((one) => one.unit !== this.named.unit);
      return [{ unit: this.named.unit, word: this.named.unitWord }, ...packs];
    },
    word() {
      return this.units.find((one) => one.unit === this.unit)?.word || "";
    },
    missing() {
      if (!this.named.item) return this.live.t("receive.need_item");
      if (!this.lot.trim()) return this.live.t("receive.need_lot");
      if (!(Number(this.taken) > 0) && !(Number(this.rejected) > 0)) return this.live.t("receive.need_quantity");
      if (this.expires && !/^\d{4}-\d\d-\d\d$/.test(this.expires)) return this.live.t("receive.need_date");
      return this.place ? "" : this.live.t("receive.choose_place");
    },
    ready() {
      return !this.missing && !this.busy && !this.live.offline;
    },
  },
  watch: {
    digits() {
      this.problem = null; // what was refused is being put right
    },
  },
  mounted() {
    this.ids = idKeeper();
    if (this.label) this.fill(this.label);
    this.stop = this.live.onScan((text, problem) => {
      if (problem) this.problem = problem;
      else if (!this.received) this.look(text);
    });
  },
  unmounted() {
    this.stop();
  },
  methods: {
    dated,
    // What nobody here knows by that name is the lot of a new delivery.
    async look(text) {
      const answer = await this.live.ask("label", { text: text.trim() });
      if (answer.ok) return this.fill(answer.result);
      if (!this.named.item) return this.refuse(answer.problem);
      this.problem = null;
      this.lot = this.supplierLot = text.trim();
    },
    fill(label) {
      if (label.location) return (this.place = label.location);
      if (label.item && this.named.item && label.item !== this.named.item) {
        const title = this.live.t("receive.other_item", { scanned: label.itemName });
        return this.refuse({ title, detail: this.live.t("receive.expects", { item: this.named.itemName }), instance: "" });
      }
      this.problem = null;
      if (!this.named.item && label.item) Object.assign(this, { named: label, unit: label.unit });
      if (label.lot) this.lot = this.supplierLot = label.lot;
      if (label.expires) this.expires = label.expires;
      if (label.quantity) Object.assign(this, { taken: label.quantity, field: "taken" });
    },
    all() {
      Object.assign(this, { field: "taken", taken: this.line.amount, unit: this.line.unit });
    },
    refuse(problem) {
      this.live.refuse();
      this.problem = problem;
    },
    async book() {
      if (!this.ready) return;
      this.busy = true;
      const body = {
        lot: this.lot.trim(), quantity: typedAmount(this.taken || "0"), unit: this.unit, supplier_lot: this.supplierLot.trim(),
        expires_on: this.expires || null, location: this.place,
      };
      if (this.line) Object.assign(body, { order: this.line.order, line: this.line.line, rejected: typedAmount(this.rejected || "0") });
      else body.item = this.named.item;
      const answer = await this.live.book(this.line ? "receive" : "receive_loose", body, this.ids.for(body));
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      if (!answer.ok) return;
      if (answer.result.lot) this.received = answer.result;
      else this.$emit("close");
    },
  },
};
