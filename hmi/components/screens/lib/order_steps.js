// What may be done with an order: each as a sheet that says what will happen, what it needs to know, and what goes to the server.
import { idKeeper } from "./live.js";
import { FormSheet } from "./form.js";

export const VERB_ICONS = {
  release: "lock_open", start: "play_arrow", pause: "pause", hold: "front_hand", resume: "play_arrow", complete: "flag", close: "inventory_2",
  cancel: "block", change: "edit", split: "call_split", rework_order: "build",
};
const GRAVE = ["cancel", "close", "complete"];
const VERSIONED = ["change", "split", "cancel", "rework_order"];

function fieldsOf(verb, order, operation, units, t) {
  const reason = (optional) => ({ name: "reason", type: "text", label: t("form.reason"), optional, max: 200, quick: optional ? null : [1, 2, 3].map((nr) => t(`form.reason.${nr}`)) });
  const quantity = (value) => ({ name: "quantity", type: "amount", label: t("table.quantity"), unit: order.unit, value });
  const number = (value) => ({ name: "number", type: "text", label: t("order.new_number"), value, max: 64 });
  const due = { name: "due_at", type: "moment", label: t("orders.col.due"), value: order.dueMs };
  const priority = { name: "priority", type: "whole", label: t("orders.priority"), value: order.priority };
  switch (verb) {
    case "change":
      return [quantity(order.amount), due, priority, reason(false)];
    case "split":
      return [quantity(""), number(`${order.number}-2`), due, reason(false)];
    case "rework_order":
      return [quantity(order.rework), number(`${order.number}-R`), { name: "equipment", type: "choice", label: t("orders.col.place"), options: units, value: order.reworkAt }, due, reason(false)];
    case "cancel":
      return [reason(false)];
    case "complete":
      return [reason(!operation.short)];
    case "hold":
    case "pause":
      return [reason(true)];
    default:
      return [];
  }
}

export const OrderStep = {
  components: { FormSheet },
  template: `<FormSheet :title="live.t('order.do.' + verb) + ' · ' + order.number" :icon="icon" :note="note" :grave="grave" :fields="fields" :action="live.t('order.do.' + verb)" :busy="busy" :problem="problem" @close="$emit('close')" @confirm="confirm" />`,
  inject: ["live"],
  props: { verb: String, order: Object, operation: Object, units: Array },
  emits: ["close", "done"],
  data() {
    return { busy: false, problem: null, version: this.order.version, fields: fieldsOf(this.verb, this.order, this.operation, this.units, this.live.t) };
  },
  computed: {
    icon() {
      return VERB_ICONS[this.verb];
    },
    grave() {
      return GRAVE.includes(this.verb);
    },
    note() {
      const values = { number: this.order.number, operation: this.operation?.number, missing: this.order.missing };
      const short = this.verb === "complete" && this.operation.short && this.order.missing;
      return this.live.t(`order.note.${this.verb}${short ? "_short" : ""}`, values);
    },
  },
  created() {
    this.ids = idKeeper();
  },
  methods: {
    async confirm(values) {
      this.busy = true;
      const { order, verb } = this;
      const body = VERSIONED.includes(verb)
        ? { order: order.number, version: this.version, ...this.changed(values) }
        : { number: order.number, operation: this.operation?.number, ...values };
      const answer = await this.live.book(verb, body, this.ids.for({ verb, body }));
      this.busy = false;
      this.problem = answer.ok ? null : answer.problem;
      if (answer.ok) this.$emit("done", { verb, number: values.number || null });
    },
    // Of a change, only what differs from what was shown.
    changed(values) {
      if (this.verb !== "change") return values;
      const { order } = this;
      const said = { ...values };
      if (Number(said.quantity) === Number(order.amount)) delete said.quantity;
      if (Math.abs(Date.parse(said.due_at) - order.dueMs) < 60000) delete said.due_at;
      if (said.priority === order.priority) delete said.priority;
      return said;
    },
  },
};
