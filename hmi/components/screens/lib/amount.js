// An amount by keypad: made for gloves, in the unit that people count in.
import { Keypad } from "./ui.js";

export const AmountEntry = {
  components: { Keypad },
  template: `<div class="amount-entry">
    <div class="entry-display"><span class="num" :class="{ faint: !modelValue }">{{ modelValue || '0' }}</span><small v-if="units.length < 2">{{ word }}</small>
      <span v-else class="unit-choice"><button v-for="one in units" :key="one.unit" :class="{ on: one.unit === unit }" :aria-pressed="one.unit === unit" @click="$emit('unit', one.unit)">{{ one.word }}</button></span></div>
    <Keypad :model-value="modelValue" :length="10" decimal @update:model-value="typed" /></div>`,
  props: { modelValue: String, unit: String, units: { type: Array, default: () => [] }, suggested: Boolean }, // suggested: the first key replaces it
  emits: ["update:modelValue", "unit"],
  data: () => ({ touched: false }),
  computed: {
    word() {
      return this.units.find((one) => one.unit === this.unit)?.word ?? this.unit;
    },
  },
  methods: {
    typed(text) {
      const replaces = this.suggested && !this.touched && text.length > this.modelValue.length;
      this.touched = true;
      this.$emit("update:modelValue", replaces ? text.slice(-1) : text);
    },
  },
};

// "12." is what a hand has typed so far; the wire wants 12.
export const typedAmount = (digits) => String(digits).replace(/\.$/, "").replace(/^\./, "0.");

// A place: scanned, or chosen from those there are.
export const PlaceSelect = {
  template: `<select class="num" :value="modelValue" :aria-label="label" @change="$emit('update:modelValue', $event.target.value)">
    <option value="" disabled>{{ label }}</option>
    <option v-for="place in places" :key="place.code" :value="place.code">{{ place.code }} · {{ place.name }}</option></select>`,
  props: { modelValue: String, places: Array, label: String },
  emits: ["update:modelValue"],
};
