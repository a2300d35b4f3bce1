// A sheet with a few fields and one thing to do. What was typed stays when the server says no.
import { dated, moment, wall } from "./time.js";
import { ErrorBar, Icon, Sheet } from "./ui.js";

const GROUPED = /^\d{1,3}(,\d{3})+(\.\d+)?$/;

// 1,200.5 as it is read out; a lone comma stays, for the server to refuse rather than us to guess.
function plain(text) {
  const bare = text.replace(/\s/g, "");
  return GROUPED.test(bare) ? bare.replace(/,/g, "") : bare;
}

export const FormSheet = {
  components: { ErrorBar, Icon, Sheet },
  template: `<Sheet :title="title" :icon="icon" keeps @close="$emit('close')">
    <form class="form" @submit.prevent="confirm">
      <ErrorBar v-if="problem" :problem="problem" />
      <p v-if="note" class="form-note" :class="{ grave }"><Icon :name="grave ? 'warning' : 'info'" /><span>{{ note }}</span></p>
      <slot />
      <label v-for="field in fields" :key="field.name" class="field" :class="{ wide: field.wide || field.name === 'reason' }"><span>{{ field.label }}<small v-if="field.optional"> · {{ live.t('form.optional') }}</small></span>
        <select v-if="field.type === 'choice'" v-model="values[field.name]" :name="field.name"><option v-for="one in field.options" :key="one.value" :value="one.value">{{ one.label }}</option></select>
        <span v-else-if="field.type === 'moment'" class="field-moment"><input :value="values[field.name].day" class="num" inputmode="numeric" maxlength="10" placeholder="2027-12-31" :name="field.name + '_day'" @input="values[field.name].day = dated($event.target)"><input v-model="values[field.name].time" class="num" inputmode="numeric" placeholder="14:30" maxlength="5" :name="field.name + '_time'"></span>
        <span v-else class="field-line"><input v-model="values[field.name]" :name="field.name" :class="{ num: field.type !== 'text' }" :inputmode="field.type === 'amount' ? 'decimal' : field.type === 'whole' ? 'numeric' : 'text'" :maxlength="field.max || 200" :list="field.options ? field.name + '-list' : null" autocomplete="off"><i v-if="field.unit">{{ field.unit }}</i></span>
        <datalist v-if="field.options && field.type === 'text'" :id="field.name + '-list'"><option v-for="one in field.options" :key="one.value" :value="one.value">{{ one.label }}</option></datalist>
        <span v-if="field.quick" class="quick"><button v-for="text in field.quick" :key="text" type="button" :class="{ on: values[field.name] === text }" @click="values[field.name] = text">{{ text }}</button></span>
      </label>
    </form>
    <template #actions><button class="action grow" @click="$emit('close')">{{ live.t('form.leave') }}</button>
      <button class="action grow" :class="grave ? 'grave' : 'primary'" :disabled="busy || live.offline || missing" @click="confirm"><Icon :name="icon" />{{ missing ? live.t('form.missing', { field: missing.label }) : action }}</button></template></Sheet>`,
  inject: ["live"],
  props: { title: String, icon: String, note: String, action: String, grave: Boolean, fields: Array, busy: Boolean, problem: Object },
  emits: ["close", "confirm"],
  data() {
    const zone = this.live.vm.zone;
    const first = (field) => (field.type === "moment" ? wall(field.value ?? this.live.now, zone) : field.value ?? "");
    return { values: Object.fromEntries(this.fields.map((field) => [field.name, first(field)])) };
  },
  computed: {
    // The first field that is still to be filled in.
    missing() {
      return this.fields.find((field) => !field.optional && !(field.type === "moment" ? this.said(field) : String(this.values[field.name]).trim()));
    },
  },
  methods: {
    dated,
    said(field) {
      const value = this.values[field.name];
      if (field.type === "moment") return moment(value, this.live.vm.zone);
      const text = String(value).trim();
      if (field.type === "amount") return plain(text);
      return field.type === "whole" && /^\d+$/.test(text) ? Number(text) : text;
    },
    confirm() {
      if (this.busy || this.live.offline || this.missing) return;
      const said = this.fields.map((field) => [field.name, this.said(field)]).filter(([, value]) => value !== "" && value !== null);
      this.$emit("confirm", Object.fromEntries(said));
    },
  },
};
