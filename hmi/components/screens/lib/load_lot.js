// Load a lot: one scan. Shows what was scanned and what is expected here.
import { idKeeper } from "./live.js";
import { ErrorBar, Icon, Keyboard, Sheet } from "./ui.js";

export const LoadLotSheet = {
  components: { ErrorBar, Icon, Keyboard, Sheet },
  template: `<Sheet :title="live.t('lot.title')" icon="qr_code_scanner" @close="$emit('close')">
    <div class="load-lot">
      <div v-if="mounted" class="accepted"><Icon name="check_circle" />
        <div><strong>{{ mounted.itemName }}</strong><p>{{ live.t('lot.mounted', { lot: mounted.lot, quantity: mounted.quantity }) }}</p></div></div>
      <ErrorBar v-else-if="problem" :problem="problem" />
      <div v-else class="waiting"><Icon name="qr_code_scanner" /><p class="lead">{{ busy ? live.t('lot.checking') : live.t('lot.scan') }}</p></div>
      <div class="scanned-expected">
        <div><h3>{{ live.t('lot.scanned') }}</h3><p class="code num" :class="{ faint: !barcode }">{{ barcode || '–' }}</p></div>
        <div><h3>{{ live.t('lot.expected') }}</h3>
          <p v-for="item in expected" :key="item.item" class="expected"><span class="cut">{{ item.itemName }}</span><span class="num">{{ item.item }}</span></p>
          <p v-if="!expected.length" class="secondary">{{ live.t('lot.expected_none') }}</p></div>
      </div>
      <div v-if="problem && problem.overridable && barcode && !live.offline" class="override">
        <label>{{ live.t('lot.override') }}<input v-model="override" maxlength="200" :placeholder="live.t('lot.override_hint')" /></label>
        <button class="action" :disabled="override.trim().length < 3 || busy" @click="mount(barcode, override.trim())">{{ live.t('lot.override_go') }}</button>
      </div>
      <template v-else>
        <div class="typed"><input v-model="typed" class="num" maxlength="64" :placeholder="live.t('lot.type')" @keydown.enter="mount(typed)" />
          <button class="action primary" :disabled="!typed.trim() || busy || live.offline" @click="mount(typed)"><Icon name="login" />{{ live.t('lot.load') }}</button></div>
        <Keyboard v-model="typed" />
      </template>
    </div></Sheet>`,
  inject: ["live"],
  props: { expected: Array, first: String },
  emits: ["close"],
  data: () => ({ typed: "", barcode: "", override: "", busy: false, problem: null, mounted: null }),
  mounted() {
    this.ids = idKeeper();
    this.stop = this.live.onScan((text, problem) => {
      this.barcode = text;
      if (problem) [this.problem, this.mounted] = [problem, null];
      else this.mount(text);
    });
    if (this.first) this.mount(this.first);
  },
  unmounted() {
    this.stop();
    clearTimeout(this.closing);
  },
  methods: {
    async mount(text, override = "") {
      const barcode = text.trim();
      if (!barcode || this.busy) return;
      Object.assign(this, { barcode, busy: true, problem: null, mounted: null });
      const body = { barcode, override_reason: override };
      const answer = await this.live.book("mount", body, this.ids.for(body));
      this.ids.forget();
      this.busy = false;
      if (!answer.ok) return (this.problem = answer.problem);
      Object.assign(this, { mounted: answer.result, typed: "", override: "" });
      this.closing = setTimeout(() => this.$emit("close"), 2500);
    },
  },
};
