// Why a figure is what it is: the rule in words, what it used, and the records behind it, down to the readings.
import { ErrorBar, Icon, Sheet } from "./ui.js";

const ROWS_FIRST = 8;

// A figure that can be asked why.
export const Why = {
  components: { Icon },
  template: `<button class="why" :title="live.t('why.ask')" @click.stop="$emit('ask', path)"><slot /><Icon name="help_outline" /></button>`,
  inject: ["live"],
  props: { path: String },
  emits: ["ask"],
};

export const Postings = {
  template: `<table class="rows"><thead><tr><th>{{ live.t('table.at') }}</th><th>{{ live.t('table.kind') }}</th><th>{{ live.t('table.lot') }}</th>
      <th>{{ live.t('table.way') }}</th><th class="n">{{ live.t('table.quantity') }}</th><th>{{ live.t('table.by') }}</th></tr></thead>
    <tbody><tr v-for="row in shown" :key="row.id"><td class="num">{{ row.at }}</td><td>{{ row.kind }}</td><td>{{ row.item }} <span class="secondary">{{ row.lot }}</span></td>
      <td class="way">{{ row.from }} → {{ row.to }}</td><td class="n num">{{ row.quantity }}</td><td>{{ row.person || (row.batch ? live.t('why.batch_number', { id: row.batch }) : row.order || '') }}</td></tr></tbody></table>
    <button v-if="rows.length > shown.length" class="more" @click="all = true">{{ live.t('table.more', { count: rows.length - shown.length }) }}</button>`,
  inject: ["live"],
  props: { rows: Array, whole: Boolean },
  data: () => ({ all: false }),
  computed: {
    shown() {
      return this.all || this.whole ? this.rows : this.rows.slice(0, ROWS_FIRST);
    },
  },
};

const Readings = {
  template: `<table class="rows"><thead><tr><th>{{ live.t('table.machine_time') }}</th><th>{{ live.t('table.signal') }}</th><th class="n">{{ live.t('table.step') }}</th>
      <th class="n">{{ live.t('table.total') }}</th><th>{{ live.t('table.quality') }}</th><th>{{ live.t('table.source') }}</th></tr></thead>
    <tbody><tr v-for="row in shown" :key="row.source + row.at"><td class="num">{{ row.at }}</td><td>{{ row.signal }}</td><td class="n num">{{ row.step }}</td><td class="n num">{{ row.total }}</td>
      <td :class="{ abnormal: row.quality !== 'good' }">{{ row.qualityWord }}</td><td class="secondary num">{{ row.source }}<template v-if="row.detail"> · {{ row.detail }}</template></td></tr></tbody></table>
    <button v-if="rows.length > shown.length" class="more" @click="all = true">{{ live.t('table.more', { count: rows.length - shown.length }) }}</button>`,
  inject: ["live"],
  props: { rows: Array },
  data: () => ({ all: false }),
  computed: {
    shown() {
      return this.all ? this.rows : this.rows.slice(0, ROWS_FIRST);
    },
  },
};

export const WhySheet = {
  components: { ErrorBar, Icon, Postings, Readings, Sheet },
  template: `<Sheet :title="live.t('why.title')" icon="help_outline" @close="$emit('close')">
    <ErrorBar v-if="problem" :problem="problem" />
    <p v-if="!chain && !problem" class="secondary">{{ live.t('loading') }}</p>
    <div v-if="chain" class="chain">
      <button v-if="paths.length > 1" class="action small" @click="back"><Icon name="arrow_back" />{{ live.t('why.back') }}</button>
      <p class="chain-figure"><span class="secondary">{{ chain.name }}</span><span class="big num">{{ chain.value }} <small>{{ chain.unit }}</small></span></p>
      <p class="chain-rule">{{ chain.rule }}</p>
      <p v-if="chain.addsUp !== null" class="row" :class="{ abnormal: !chain.addsUp }"><Icon :name="chain.addsUp ? 'check_circle' : 'error'" />
        {{ chain.addsUp ? live.t('why.adds_up') : live.t('why.differs', { explained: chain.explained }) }}</p>
      <section v-for="(step, nr) in chain.steps" :key="nr" class="step">
        <h3><span class="num">{{ nr + 1 }}</span>{{ step.rule }}</h3>
        <dl v-if="step.inputs.length" class="inputs"><div v-for="one in step.inputs" :key="one.label"><dt>{{ one.label }}</dt><dd class="num">{{ one.value }}</dd></div>
          <div v-if="step.result !== null" class="result"><dt>=</dt><dd class="num">{{ step.result }}</dd></div></dl>
        <ul v-if="step.commands.length" class="told"><li v-for="one in step.commands" :key="one.at + one.what"><Icon name="person" /><span><b>{{ one.person }}</b> · {{ one.what }} · <span class="num">{{ one.at }}</span>
          <template v-if="one.station"> · {{ one.station }}</template><span v-if="one.given" class="secondary"> — {{ one.given }}</span></span></li></ul>
        <ul v-if="step.batches.length" class="told"><li v-for="one in step.batches" :key="one.id"><Icon name="inventory" /><span class="num">{{ live.t('why.batch', one) }}</span></li></ul>
        <Postings v-if="step.postings.length" :rows="step.postings" />
        <Readings v-if="step.readings.length" :rows="step.readings" />
        <p v-if="step.links.length" class="row links"><button v-for="link in followed(step)" :key="link.path" class="more" @click="open(link.path)"><Icon name="subdirectory_arrow_right" />{{ live.t('why.read_on') }}</button></p>
      </section>
      <button v-if="chain.next" class="more" :disabled="busy" @click="older"><Icon name="expand_more" />{{ live.t('why.more_readings') }}</button>
    </div></Sheet>`,
  inject: ["live"],
  props: { path: String },
  emits: ["close"],
  data() {
    return { paths: [this.path], chain: null, problem: null, busy: false };
  },
  mounted() {
    this.load(this.path);
  },
  methods: {
    followed: (step) => step.links.filter((link) => link.path.startsWith("why/")),
    async load(path) {
      this.busy = true;
      const answer = await this.live.ask("why", { path });
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      this.chain = answer.ok ? answer.result : null;
    },
    open(path) {
      this.paths.push(path);
      return this.load(path);
    },
    back() {
      this.paths.pop();
      return this.load(this.paths[this.paths.length - 1]);
    },
    older() {
      const path = this.paths[this.paths.length - 1];
      return this.load(`${path}${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(this.chain.next)}`);
    },
  },
};
