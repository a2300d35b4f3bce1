// Layout B: what may run next here, with its material, and why it cannot start.
import { BadgeSheet, signsIn } from "./lib/badge.js";
import { idKeeper } from "./lib/live.js";
import { Empty, ErrorBar, Icon, PersonButton, Skeleton, StateChip, TopBar } from "./lib/ui.js";

const CONFIRM_MS = 5000;

export const QueueScreen = {
  components: { BadgeSheet, Empty, ErrorBar, Icon, PersonButton, Skeleton, StateChip, TopBar },
  template: `<div class="terminal queue" :class="{ stale: live.stale }">
    <TopBar>
      <h1 class="cut">{{ live.t('queue.title') }}</h1>
      <template v-if="vm.unit"><span class="secondary cut">{{ vm.unit.name }}</span><StateChip :state="vm.state" timed /></template>
      <template #person><PersonButton :person="vm.person" @tap="badge = true" /></template>
    </TopBar>
    <ErrorBar v-if="problem" :problem="problem" closable @close="problem = null" />
    <ErrorBar v-else-if="vm.queueProblem" :problem="vm.queueProblem" />
    <Skeleton v-if="!live.ready || (vm.unit && !vm.jobs && !vm.queueProblem)" layout="list" :count="4" />
    <main v-else class="values scroll">
      <div v-if="vm.running" class="panel running-now"><Icon name="play_arrow" /><span>{{ live.t('queue.running', { number: vm.running }) }}</span></div>
      <div v-if="vm.jobs && !vm.jobs.length" class="panel center"><Empty icon="task_alt" :text="live.t('queue.empty')">
        <a class="action" :href="runUrl"><Icon name="arrow_back" />{{ live.t('queue.back') }}</a></Empty></div>
      <article v-for="job in vm.jobs || []" :key="job.key" class="panel job" :class="{ blocked: !job.startable }" :data-job="job.key">
        <div class="job-what">
          <p class="title cut"><b class="num">{{ job.number }}</b> {{ job.itemName }}</p>
          <p class="facts"><span class="num">{{ job.target }}</span><span v-if="job.good" class="num">{{ live.t('queue.made', { quantity: job.good }) }}</span>
            <span class="num" :class="{ abnormal: job.late }"><Icon :name="job.late ? 'warning' : 'schedule'" />{{ live.t('run.due', { time: job.due }) }}</span>
            <span><Icon :name="job.state.icon" />{{ job.state.word }}</span></p>
          <ul v-if="job.blocked.length" class="reasons-why"><li v-for="why in job.blocked" :key="why"><Icon name="block" />{{ why }}</li></ul>
        </div>
        <ul class="needs"><li v-for="need in job.materials" :key="need.item" :class="{ missing: !need.ready }">
          <Icon :name="need.ready ? 'check_circle' : 'error'" /><span class="cut">{{ need.itemName }}</span>
          <span class="num need-figures">{{ live.t('queue.need', { required: need.required, here: need.here }) }}<template v-if="!need.ready"> · {{ live.t('queue.elsewhere', { quantity: need.elsewhere }) }}</template></span></li>
          <li v-if="!job.materials.length" class="faint">{{ live.t('queue.no_materials') }}</li></ul>
        <button class="action primary start" :class="{ confirm: armed === job.key }" :disabled="!job.startable || live.offline || busy" @click="start(job)">
          <Icon :name="armed === job.key ? 'check' : 'play_arrow'" />{{ live.t(armed === job.key ? 'do.confirm' : 'do.' + job.verb) }}</button>
      </article>
    </main>
    <nav class="actions"><a class="action" :href="runUrl"><Icon name="arrow_back" />{{ live.t('queue.back') }}</a></nav>
    <BadgeSheet v-if="badge" :person="vm.person" :pin-for="pinFor" @close="badge = false; pinFor = ''" /></div>`,
  mixins: [signsIn],
  inject: ["live"],
  data: () => ({ badge: false, armed: null, busy: false }),
  computed: {
    vm() {
      return this.live.vm;
    },
    runUrl() {
      return `/terminal/${this.live.page.unit}`;
    },
  },
  mounted() {
    this.ids = idKeeper();
    this.stop = this.live.onScan((text, problem) =>
      problem ? (this.problem = problem) : this.signInByScan(text, () => (this.badge = true)),
    );
  },
  unmounted() {
    this.stop();
    clearTimeout(this.timer);
  },
  methods: {
    async start(job) {
      if (!this.vm.person) return (this.badge = true);
      clearTimeout(this.timer);
      if (this.armed !== job.key) {
        this.armed = job.key;
        this.timer = setTimeout(() => (this.armed = null), CONFIRM_MS);
        return;
      }
      this.armed = null;
      this.busy = true;
      const body = { number: job.number, operation: job.operation };
      const answer = await this.live.book(job.verb, body, this.ids.for({ verb: job.verb, body }));
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      if (answer.ok) window.location.href = this.runUrl;
    },
  },
};
