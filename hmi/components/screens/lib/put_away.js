// After goods came in: which bin suits, and the scan of the place where they were put.
import { idKeeper } from "./live.js";
import { ErrorBar, Icon } from "./ui.js";
import { PlaceSelect } from "./amount.js";

export const PutAway = {
  components: { ErrorBar, Icon, PlaceSelect },
  template: `<div class="put-away">
    <div v-if="done" class="accepted"><Icon name="where_to_vote" /><div><strong>{{ live.t('put_away.done', { place: done }) }}</strong><p>{{ lot.lot }} · {{ lot.quantity }}</p></div></div>
    <template v-else>
      <div class="waiting"><Icon name="qr_code_scanner" /><div><p class="lead">{{ live.t('put_away.scan') }}</p>
        <p v-if="bin" class="secondary">{{ live.t('put_away.suggested', { place: bin.code + ' · ' + bin.name }) }}</p>
        <p v-else-if="none" class="secondary">{{ none }}</p></div></div>
      <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
      <div class="put-away-choice">
        <button v-if="bin" class="action primary grow put-here" :disabled="busy || live.offline" @click="put(bin.code)"><Icon name="where_to_vote" />{{ live.t('put_away.go', { place: bin.code }) }}</button>
        <PlaceSelect v-model="place" :places="places" :label="live.t('put_away.other')" />
        <button v-if="place" class="action" :disabled="busy || live.offline" @click="put(place)"><Icon name="where_to_vote" />{{ live.t('put_away.go', { place }) }}</button></div>
    </template></div>`,
  inject: ["live"],
  props: { lot: Object, places: Array }, // lot: { item, lot, amount, unit, quantity, place }
  emits: ["done"],
  data: () => ({ bin: null, none: "", place: "", busy: false, problem: null, done: "" }),
  async mounted() {
    this.ids = idKeeper();
    this.stop = this.live.onScan((text, problem) => (problem ? (this.problem = problem) : this.scanned(text)));
    const answer = await this.live.ask("bin", { item: this.lot.item, lot: this.lot.lot, from: this.lot.place });
    if (answer.ok) this.bin = answer.result;
    else this.none = `${answer.problem.title} ${answer.problem.detail}`;
  },
  unmounted() {
    this.stop();
  },
  methods: {
    async scanned(text) {
      const answer = await this.live.ask("label", { text });
      if (answer.ok && answer.result.location) return this.put(answer.result.location);
      this.live.refuse();
      this.problem = answer.ok ? { title: this.live.t("put_away.no_place", { code: text }), detail: this.live.t("put_away.scan"), instance: "" } : answer.problem;
    },
    async put(place) {
      if (this.busy || this.done) return;
      this.busy = true;
      const { item, lot, amount, unit } = this.lot;
      const body = { item, lot, quantity: amount, unit, from_location: this.lot.place, to_location: place };
      const answer = await this.live.book("put_away", body, this.ids.for(body));
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      if (!answer.ok) return;
      this.done = place;
      this.$emit("done", place);
    },
  },
};
