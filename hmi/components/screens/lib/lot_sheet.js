// What can be done with a lot at a place: put away, move, return from an order, hold and release.
import { AmountEntry, PlaceSelect, typedAmount } from "./amount.js";
import { idKeeper } from "./live.js";
import { ErrorBar, Icon, Sheet } from "./ui.js";

const ICONS = { put_away: "where_to_vote", move: "swap_horiz", give_back: "undo", hold: "front_hand", release: "lock_open" };
const REASONS = { hold: ["damaged", "wrong_label", "suspect"], release: ["checked", "mistaken"] };

export const LotSheet = {
  components: { AmountEntry, ErrorBar, Icon, PlaceSelect, Sheet },
  template: `<Sheet :title="line.itemName" icon="inventory_2" :keeps="Boolean(mode)" @close="$emit('close')">
    <div class="wh-what"><p class="title"><b class="num">{{ line.lot }}</b> <span class="secondary">{{ line.placeName }} · <span class="num">{{ line.place }}</span></span></p>
      <dl v-if="!mode" class="facts-list decide-facts"><div v-for="fact in facts" :key="fact[0]"><dt>{{ fact[0] }}</dt><dd class="num" :class="{ abnormal: fact[2] }">{{ fact[1] }}</dd></div></dl>
      <template v-if="!mode"><div class="lot-actions"><button v-for="verb in line.actions" :key="verb" class="action" :class="'do-' + verb" :disabled="live.offline" @click="begin(verb)"><Icon :name="icons[verb]" />{{ live.t('where.do.' + verb) }}</button></div>
        <p v-if="!line.actions.length" class="secondary">{{ live.t('orders.nothing_to_do') }}</p></template>
      <template v-else-if="reasons"><h3>{{ live.t('where.why.' + mode) }}</h3>
        <div class="reasons"><button v-for="why in reasons" :key="why" class="reason" :disabled="busy || live.offline" @click="decide(why)"><Icon :name="icons[mode]" /><span>{{ live.t('where.reason.' + why) }}</span></button></div></template>
      <div v-else class="wh-entry"><div class="wh-what">
          <label v-if="mode === 'give_back'">{{ live.t('where.from_order') }}<select v-model="order" class="num"><option value="" disabled>{{ live.t('where.choose_order') }}</option><option v-for="one in orders" :key="one.number" :value="one.number">{{ one.number }} · {{ one.itemName }}</option></select></label>
          <template v-else><div class="waiting compact"><Icon name="qr_code_scanner" /><p class="lead">{{ live.t('where.scan_to') }}</p></div>
            <button v-if="bin" class="action small wide" :class="{ primary: place !== bin.code }" @click="place = bin.code"><Icon name="where_to_vote" />{{ live.t('put_away.suggested', { place: bin.code }) }}</button>
            <p v-else-if="none" class="secondary">{{ none }}</p>
            <PlaceSelect v-model="place" :places="targets" :label="live.t('receive.choose_place')" /></template></div>
        <AmountEntry v-model="digits" suggested :unit="line.unit" :units="[{ unit: line.unit, word: line.unitWord }]" /></div>
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" /></div>
    <template #actions v-if="mode"><button class="action" @click="mode = ''">{{ live.t('where.back') }}</button>
      <button v-if="!reasons" class="action primary grow book" :disabled="!ready" @click="book"><Icon :name="icons[mode]" />{{ label }}</button></template></Sheet>`,
  inject: ["live"],
  props: { line: Object, places: Array, orders: Array },
  emits: ["close", "done"],
  data: () => ({ mode: "", digits: "", place: "", order: "", bin: null, none: "", busy: false, problem: null, icons: ICONS }),
  computed: {
    reasons() {
      return REASONS[this.mode];
    },
    facts() {
      const { line, live } = this;
      return [
        [live.t("plan.on_hand"), line.quantity],
        [live.t("where.reserved"), line.reserved || "–"],
        [live.t("where.free"), line.free],
        [live.t("where.status"), live.t(line.held ? "where.held" : line.quarantine ? "where.quarantine" : "where.available"), line.held || line.quarantine],
        [live.t("receive.expires"), line.expires || "–", line.expired],
        [live.t("where.containers"), line.containers.join(", ") || "–"],
      ];
    },
    targets() {
      return this.places.filter((place) => place.code !== this.line.place);
    },
    ready() {
      const where = this.mode === "give_back" ? this.order : this.place;
      return Number(this.digits) > 0 && where && !this.busy && !this.live.offline;
    },
    label() {
      if (!(Number(this.digits) > 0)) return this.live.t("receive.need_quantity");
      const quantity = `${this.digits} ${this.line.unitWord}`;
      if (this.mode === "give_back") return this.order ? this.live.t("where.return_go", { quantity }) : this.live.t("where.choose_order");
      return this.place ? this.live.t("where.move_go", { quantity, place: this.place }) : this.live.t("receive.choose_place");
    },
  },
  created() {
    this.ids = idKeeper();
  },
  mounted() {
    this.stop = this.live.onScan((text, problem) => (problem ? (this.problem = problem) : this.scanned(text)));
  },
  unmounted() {
    this.stop();
  },
  methods: {
    async begin(verb) {
      Object.assign(this, { mode: verb, place: "", order: "", bin: null, none: "", problem: null });
      this.digits = verb === "give_back" ? "" : this.line.freeAmount;
      if (verb !== "put_away") return;
      const answer = await this.live.ask("bin", { item: this.line.item, lot: this.line.lot, from: this.line.place });
      if (answer.ok) Object.assign(this, { bin: answer.result, place: answer.result.code });
      else this.none = `${answer.problem.title} ${answer.problem.detail}`;
    },
    async scanned(text) {
      if (this.mode !== "put_away" && this.mode !== "move") return this.live.refuse();
      const answer = await this.live.book("label", { text });
      if (!answer.ok) return (this.problem = answer.problem);
      if (answer.result.location) return Object.assign(this, { place: answer.result.location, problem: null });
      this.problem = { title: this.live.t("put_away.no_place", { code: text }), detail: this.live.t("put_away.scan"), instance: "" };
    },
    book() {
      const { item, lot, unit } = this.line;
      const body = { item, lot, unit, quantity: typedAmount(this.digits) };
      if (this.mode === "give_back") return this.send("give_back", { ...body, order: this.order, location: this.line.place });
      const way = { from_location: this.line.place, to_location: this.place };
      return this.send(this.mode === "move" ? "transfer" : "put_away", { ...body, ...way });
    },
    decide(why) {
      const body = { of_item: this.line.item, of_lot: this.line.lot, reason: this.live.t(`where.reason.${why}`) };
      return this.send(this.mode === "hold" ? "hold_lot" : "release_lot", body);
    },
    async send(verb, body) {
      if (this.busy) return;
      this.busy = true;
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      if (!answer.ok) return (this.problem = answer.problem);
      this.$emit("done", this.live.t(`where.said.${verb}`, { lot: this.line.lot, place: this.place }));
    },
  },
};
