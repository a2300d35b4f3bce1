// Who books: one badge scan, or up to six digits; then a PIN where the server asks for one.
import { ErrorBar, Icon, Keypad, Sheet } from "./ui.js";

const PIN_NEEDED = "pin-needed";

// For screens where a badge may be scanned anywhere: signs in, or opens the sheet where a PIN is needed.
export const signsIn = {
  data: () => ({ pinFor: "", problem: null }),
  methods: {
    async signInByScan(badge, openSheet) {
      const answer = await this.live.book("sign_in", { badge });
      if (!answer.ok && answer.problem.type === PIN_NEEDED) {
        this.pinFor = badge;
        openSheet();
      } else this.problem = answer.ok ? null : answer.problem;
    },
  },
};

export const BadgeSheet = {
  components: { ErrorBar, Icon, Keypad, Sheet },
  template: `<Sheet :title="person ? person.name : live.t(needsPin ? 'badge.pin_title' : 'badge.title')" icon="badge" @close="$emit('close')">
    <div v-if="person" class="signed-in">
      <p class="lead">{{ live.t('badge.signed_in', { name: person.name }) }}</p>
      <p class="secondary">{{ person.roles }}</p>
      <button class="action primary" @click="lock"><Icon name="lock" />{{ live.t('badge.lock') }}</button>
    </div>
    <div v-else class="badge-entry">
      <div class="badge-scan"><Icon :name="needsPin ? 'dialpad' : 'qr_code_scanner'" />
        <p class="lead">{{ needsPin ? live.t('badge.pin', { badge }) : live.t('badge.scan') }}</p>
        <p class="secondary">{{ live.t(needsPin ? 'badge.other' : 'badge.type') }}</p></div>
      <div>
        <div class="entry-display num" :class="{ faint: !digits }">{{ (needsPin ? '•'.repeat(digits.length) : digits) || '––––' }}</div>
        <Keypad v-model="digits" :length="needsPin ? 12 : 6" />
        <button class="action primary wide" :disabled="!digits || busy || live.offline" @click="enter">
          <Icon name="login" />{{ live.t('sign_in') }}</button>
      </div>
      <ErrorBar v-if="problem" :problem="problem" />
    </div></Sheet>`,
  inject: ["live"],
  props: { person: Object, pinFor: { type: String, default: "" } },
  emits: ["close"],
  data() {
    return { digits: "", badge: this.pinFor, needsPin: Boolean(this.pinFor), busy: false, problem: null };
  },
  mounted() {
    this.stop = this.live.onScan((text, problem) => (problem ? (this.problem = problem) : this.signIn({ badge: text })));
  },
  unmounted() {
    this.stop();
  },
  methods: {
    enter() {
      return this.signIn(this.needsPin ? { badge: this.badge, pin: this.digits } : { badge: this.digits });
    },
    async signIn(body) {
      if (this.busy || this.person) return;
      this.busy = true;
      const answer = await this.live.book("sign_in", body);
      this.busy = false;
      this.digits = "";
      if (answer.ok) return this.$emit("close");
      const asks = answer.problem.type === PIN_NEEDED;
      Object.assign(this, { badge: body.badge, needsPin: asks || Boolean(body.pin), problem: asks ? null : answer.problem });
    },
    async lock() {
      await this.live.book("lock", {});
      this.$emit("close");
    },
  },
};
