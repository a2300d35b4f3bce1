// The last eight hours as one strip; a tap on a piece tells what it was.
import { elapsed } from "./time.js";
import { Icon } from "./ui.js";

const SPAN_MS = 8 * 3600 * 1000;
const ICON_FROM_PERCENT = 2.6; // narrower pieces keep their colour only; a tap tells the rest
const ICON_FROM_PERCENT_BARE = 6;

export const StateStrip = {
  components: { Icon },
  template: `<div class="strip">
    <div class="strip-bar">
      <button v-for="piece in pieces" :key="piece.startMs" class="strip-piece" :class="['state-' + piece.key, { chosen: chosen === piece.startMs }]"
        :style="{ left: piece.left + '%', width: piece.width + '%' }" :aria-label="piece.word"
        @click="chosen = chosen === piece.startMs ? null : piece.startMs">
        <Icon v-if="piece.width > (bare ? ${ICON_FROM_PERCENT_BARE} : ${ICON_FROM_PERCENT})" :name="piece.icon" /></button>
    </div>
    <div v-if="!bare" class="strip-hours num"><span v-for="hour in hours" :key="hour.left" :style="{ left: hour.left + '%' }">{{ hour.text }}</span></div>
    <p v-if="told" class="strip-told"><Icon :name="told.icon" /><strong>{{ told.word }}</strong>
      <span class="num">{{ told.from }}–{{ told.to || live.t('strip.now') }} · {{ told.length }}</span><span class="cut">{{ told.detail }}</span></p>
  </div>`,
  inject: ["live"],
  props: { segments: Array, bare: Boolean },
  data: () => ({ chosen: null }),
  computed: {
    minute() {
      return Math.floor(this.live.now / 20000) * 20000;
    },
    pieces() {
      const from = this.minute - SPAN_MS;
      return this.segments
        .map((segment) => {
          const start = Math.max(segment.startMs, from);
          const end = Math.max(start, Math.min(segment.endMs ?? this.minute, this.minute));
          return { ...segment, left: ((start - from) / SPAN_MS) * 100, width: ((end - start) / SPAN_MS) * 100 };
        })
        .filter((piece) => piece.width > 0.02);
    },
    hours() {
      const zone = this.live.vm.zone;
      const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
      const from = this.minute - SPAN_MS;
      const first = Math.ceil(from / 3600000) * 3600000;
      return Array.from({ length: 8 }, (_, n) => first + n * 3600000)
        .map((at) => ({ left: ((at - from) / SPAN_MS) * 100, text: format.format(at) }))
        .filter((hour) => hour.left > 2 && hour.left < 97);
    },
    told() {
      const piece = this.segments.find((segment) => segment.startMs === this.chosen);
      if (!piece) return null;
      return { ...piece, length: elapsed((piece.endMs ?? this.live.now) - piece.startMs, this.live.t) };
    },
  },
};
