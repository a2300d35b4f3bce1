// Who books: one badge scan, or up to six digits.
import { ErrorBar, Icon, Keypad, Sheet } from "./ui.js";

export const BadgeSheet = {
  components: { ErrorBar, Icon, Keypad, Sheet },
  template: `<Sheet :title="person ? person.name : live.t('badge.title')" icon="badge" @close="$emit('close')">
    <div v-if="person" class="signed-in">
      <p class="lead">{{ live.t('badge.signed_in', { name: person.name }) }}</p>
      <p class="secondary">{{ person.roles }}</p>
      <button class="action primary" @click="lock"><Icon name="lock" />{{ live.t('badge.lock') }}</button>
    </div>
    <div v-else class="badge-entry">
      <div class="badge-scan"><Icon name="qr_code_scanner" /><p class="lead">{{ live.t('badge.scan') }}</p>
        <p class="secondary">{{ live.t('badge.type') }}</p></div>
      <div>
        <div class="entry-display num">{{ digits || '––––' }}</div>
        <Keypad v-model="digits" />
        <button class="action primary wide" :disabled="!digits || busy || live.offline" @click="signIn(digits)">
          <Icon name="login" />{{ live.t('sign_in') }}</button>
      </div>
      <ErrorBar v-if="problem" :problem="problem" />
    </div></Sheet>`,
  inject: ["live"],
  props: { person: Object },
  emits: ["close"],
  data: () => ({ digits: "", busy: false, problem: null }),
  mounted() {
    this.stop = this.live.onScan((text, problem) => (problem ? (this.problem = problem) : this.signIn(text)));
  },
  unmounted() {
    this.stop();
  },
  methods: {
    async signIn(badge) {
      if (this.busy || this.person) return;
      this.busy = true;
      const answer = await this.live.book("sign_in", { badge });
      this.busy = false;
      if (answer.ok) this.$emit("close");
      else [this.problem, this.digits] = [answer.problem, ""];
    },
    async lock() {
      await this.live.book("lock", {});
      this.$emit("close");
    },
  },
};
