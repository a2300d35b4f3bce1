// Scrap and rework: a number, a reason, booked once. It reclassifies good pieces; the machine's own count stands beside it.
import { idKeeper } from "./live.js";
import { ErrorBar, Icon, Keypad, Sheet, Unknown } from "./ui.js";

export const ScrapSheet = {
  components: { ErrorBar, Icon, Keypad, Sheet, Unknown },
  template: `<Sheet :title="live.t(disposition + '.title')" :icon="disposition === 'scrap' ? 'delete' : 'build'" keeps @close="$emit('close')">
    <div class="scrap-entry">
      <div>
        <div class="entry-display"><span class="num" :class="{ faint: !digits }">{{ digits || '0' }}</span><small>{{ order.unit }}</small></div>
        <Keypad v-model="digits" :length="5" />
      </div>
      <div>
        <dl class="beside">
          <div><dt>{{ live.t('scrap.good_now') }}</dt><dd class="num">{{ order.good }}</dd></div>
          <div><dt>{{ live.t('scrap.so_far') }}</dt><dd class="num">{{ disposition === 'scrap' ? order.scrap : order.rework }}</dd></div>
        </dl>
        <h3>{{ live.t('scrap.reason') }}</h3>
        <div class="reasons">
          <button v-for="choice in reasons" :key="choice.code" class="reason" :class="{ chosen: reason === choice.code }"
            :aria-pressed="reason === choice.code" @click="reason = choice.code">
            <Icon :name="reason === choice.code ? 'check_circle' : 'radio_button_unchecked'" /><span>{{ choice.word }}</span></button>
        </div>
      </div>
      <ErrorBar v-if="problem" :problem="problem" />
    </div>
    <template #actions>
      <button class="action" @click="$emit('close')">{{ live.t('cancel') }}</button>
      <button class="action primary grow book" :disabled="!ready" @click="book"><Icon name="check" />{{ label }}</button>
    </template></Sheet>`,
  inject: ["live"],
  props: { disposition: String, order: Object, reasons: Array },
  emits: ["close", "booked"],
  data: () => ({ digits: "", reason: null, busy: false, problem: null }),
  created() {
    this.ids = idKeeper();
    this.order0 = { number: this.order.number, operation: this.order.operation };
  },
  computed: {
    ready() {
      return Number(this.digits) > 0 && this.reason && !this.busy && !this.live.offline;
    },
    label() {
      if (!Number(this.digits)) return this.live.t("scrap.enter_number");
      if (!this.reason) return this.live.t("scrap.choose_reason");
      return this.live.t(`${this.disposition}.book`, { quantity: `${Number(this.digits)} ${this.order.unit}` });
    },
  },
  methods: {
    async book() {
      if (!this.ready) return;
      this.busy = true;
      const body = { ...this.order0, quantity: this.digits, reason: this.reason, disposition: this.disposition };
      const answer = await this.live.book("scrap", body, this.ids.for(body));
      this.busy = false;
      if (!answer.ok) return (this.problem = answer.problem);
      const word = this.reasons.find((choice) => choice.code === this.reason).word;
      const said = this.live.t(`${this.disposition}.booked`, { quantity: `${Number(this.digits)} ${this.order.unit}`, reason: word });
      this.$emit("booked", { id: answer.result.id, said });
    },
  },
};

const UNDO_MS = 8000;

// Eight seconds to take it back.
export const UndoToast = {
  components: { Icon },
  template: `<div class="toast" role="status"><Icon :name="failed ? 'error' : 'check_circle'" />
    <span class="toast-text">{{ failed ? failed.title + ' ' + failed.detail : booked.said }}</span>
    <button v-if="!failed" class="action small undo" :disabled="busy || live.offline" @click="undo">
      <Icon name="undo" />{{ live.t('undo') }} <span class="num">{{ Math.ceil(left / 1000) }} {{ live.t('time.s') }}</span></button>
    <div class="toast-left" :style="{ width: (left / ${UNDO_MS}) * 100 + '%' }"></div></div>`,
  inject: ["live"],
  props: { booked: Object },
  emits: ["gone"],
  data: () => ({ left: UNDO_MS, busy: false, failed: null }),
  mounted() {
    const end = performance.now() + UNDO_MS;
    this.timer = setInterval(() => {
      this.left = Math.max(0, end - performance.now());
      if (!this.left && !this.busy) this.$emit("gone");
    }, 200);
  },
  unmounted() {
    clearInterval(this.timer);
  },
  methods: {
    async undo() {
      this.busy = true;
      const answer = await this.live.book("reverse", { id: this.booked.id });
      this.busy = false;
      if (answer.ok) this.$emit("gone");
      else this.failed = answer.problem;
    },
  },
};
