// The pieces every screen is built from.
import { age, elapsed } from "./time.js";

export const Icon = {
  template: `<i class="icon" aria-hidden="true">{{ name }}</i>`,
  props: { name: String },
};

// A value nobody knows: never 0.
export const Unknown = {
  template: `<span class="unknown" :title="live.t('unknown.title')">?</span>`,
  inject: ["live"],
};

export const StateChip = {
  components: { Icon },
  template: `<span class="state" :class="'state-' + state.key" :data-state="state.name || state.key">
    <Icon :name="state.icon" /><span class="state-word">{{ state.word }}</span>
    <span v-if="since !== null" class="state-time num">{{ since }}</span>
  </span>`,
  inject: ["live"],
  props: { state: Object, timed: Boolean },
  computed: {
    since() {
      return this.timed && this.state.sinceMs ? elapsed(this.live.now - this.state.sinceMs, this.live.t) : null;
    },
  },
};

export const Progress = {
  template: `<div class="progress" :class="{ done: goal && percent >= 100 }" role="progressbar" :aria-valuenow="percent">
    <div class="progress-fill" :style="{ width: Math.min(100, percent || 0) + '%' }"></div>
    <div v-if="mark !== null" class="progress-mark" :style="{ left: mark + '%' }"></div>
  </div>`,
  props: { percent: Number, mark: { type: Number, default: null }, goal: Boolean },
};

export const ErrorBar = {
  components: { Icon },
  template: `<div class="error-bar" role="alert">
    <Icon name="error" />
    <div><strong>{{ problem.title }}</strong><p>{{ problem.detail }}</p>
      <small v-if="problem.instance">{{ live.t('error.id', { id: problem.instance }) }}</small></div>
    <button v-if="closable" class="plain" :aria-label="live.t('close')" @click="$emit('close')"><Icon name="close" /></button>
  </div>`,
  inject: ["live"],
  props: { problem: Object, closable: Boolean },
  emits: ["close"],
};

export const Empty = {
  components: { Icon },
  template: `<div class="empty"><Icon :name="icon" /><p>{{ text }}</p><slot /></div>`,
  props: { icon: String, text: String },
};

export const Skeleton = {
  template: `<div class="skeleton" :class="'skeleton-' + layout" :aria-label="live.t('loading')">
    <div v-for="n in count" :key="n" class="bone"></div></div>`,
  inject: ["live"],
  props: { layout: String, count: Number },
};

// 64 px: where I am, how it stands, who I am, and how fresh all of it is.
export const TopBar = {
  components: { Icon },
  template: `<header class="top">
      <a class="plain home" href="/" :aria-label="live.t('home')"><Icon name="apps" /></a>
      <div class="top-main"><slot /></div>
      <slot name="person" />
      <div class="switches">
        <button class="plain language" :disabled="live.offline" :aria-label="live.t('switch.language')"
          @click="live.setLanguage(live.page.language === 'en' ? 'zh' : 'en')">
          <span :class="{ on: live.page.language === 'en' }">EN</span><span :class="{ on: live.page.language === 'zh' }">中</span>
        </button>
        <button class="plain theme" :aria-label="live.t('switch.theme')"
          @click="live.setTheme(live.theme === 'day' ? 'night' : 'day')">
          <Icon :name="live.theme === 'day' ? 'dark_mode' : 'light_mode'" /></button>
      </div>
      <div class="link num" :class="linkClass"><span class="dot"></span><span>{{ link }}</span></div>
    </header>
    <div v-if="live.offline" class="offline" role="alert">
      <Icon name="cloud_off" /><strong>{{ live.t('offline.title') }}</strong>
      <span>{{ offlineText }}</span>
    </div>`,
  inject: ["live"],
  computed: {
    ageText() {
      return age(this.live.age, this.live.t);
    },
    offlineText() {
      if (!this.live.ready) return this.live.t("offline.waiting");
      return this.live.t(this.live.page.station ? "offline.banner" : "offline.board", { age: this.ageText });
    },
    link() {
      if (!this.live.ready) return this.live.t("link.connecting");
      return this.live.offline
        ? this.live.t("link.offline")
        : `${this.live.t("link.live")} ${age(this.live.age, this.live.t)}`;
    },
    linkClass() {
      return this.live.offline ? "link-off" : "link-on";
    },
  },
};

export const PersonButton = {
  components: { Icon },
  template: `<button class="person" :class="{ locked: !person }" :disabled="live.offline && !person" @click="$emit('tap')">
    <Icon :name="person ? 'person' : 'lock'" /><span>{{ person ? person.name : live.t('sign_in') }}</span></button>`,
  inject: ["live"],
  props: { person: Object },
  emits: ["tap"],
};

// Layout C: a sheet over the screen, which stays readable beside it.
export const Sheet = {
  components: { Icon },
  template: `<div class="sheet-back" @click.self="keeps || $emit('close')">
    <section class="sheet" role="dialog" :aria-label="title">
      <header><Icon :name="icon" /><h2>{{ title }}</h2>
        <button class="plain close" :aria-label="live.t('close')" @click="$emit('close')"><Icon name="close" /></button></header>
      <div class="sheet-body"><slot /></div>
      <footer v-if="$slots.actions"><slot name="actions" /></footer>
    </section></div>`,
  inject: ["live"],
  props: { title: String, icon: String, keeps: Boolean }, // keeps: a tap beside it throws nothing away
  emits: ["close"],
};

export const Keypad = {
  components: { Icon },
  template: `<div class="keypad">
    <button v-for="key in keys" :key="key" class="key num" @click="press(key)">{{ key }}</button>
    <button v-if="decimal" class="key num" @click="press('.')">.</button>
    <button v-else class="key" :aria-label="live.t('keypad.clear')" @click="$emit('update:modelValue', '')">C</button>
    <button class="key num" @click="press('0')">0</button>
    <button class="key" :aria-label="live.t('keypad.back')" @click="$emit('update:modelValue', modelValue.slice(0, -1))">
      <Icon name="backspace" /></button></div>`,
  inject: ["live"],
  props: { modelValue: String, length: { type: Number, default: 6 }, decimal: Boolean },
  emits: ["update:modelValue"],
  data: () => ({ keys: ["7", "8", "9", "4", "5", "6", "1", "2", "3"] }),
  methods: {
    press(key) {
      if (this.modelValue.length >= this.length || (key === "." && this.modelValue.includes("."))) return;
      this.$emit("update:modelValue", this.modelValue + key);
    },
  },
};

// Where a code must be typed and there is no keyboard.
export const Keyboard = {
  components: { Icon },
  template: `<div class="keyboard">
    <div v-for="row in rows" :key="row" class="keyboard-row">
      <button v-for="key in row" :key="key" class="key num" @click="$emit('update:modelValue', modelValue + key)">{{ key }}</button>
      <button v-if="row[0] === 'Z'" class="key wide" :aria-label="live.t('keypad.back')"
        @click="$emit('update:modelValue', modelValue.slice(0, -1))"><Icon name="backspace" /></button>
    </div></div>`,
  inject: ["live"],
  props: { modelValue: String },
  emits: ["update:modelValue"],
  data: () => ({ rows: ["1234567890", "QWERTYUIOP", "ASDFGHJKL-", "ZXCVBNM/"].map((row) => [...row]) }),
};
