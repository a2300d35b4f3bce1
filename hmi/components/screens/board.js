// Layout D: a tile per line, to be read across the hall.
import { StateStrip } from "./lib/strip.js";
import { span } from "./lib/time.js";
import { Empty, Icon, Progress, Skeleton, TopBar } from "./lib/ui.js";

export const BoardScreen = {
  components: { Empty, Icon, Progress, Skeleton, StateStrip, TopBar },
  template: `<div class="board" :class="[{ stale: live.stale }, 'tiles-' + density]" :style="{ '--columns': columns }">
    <TopBar><h1 class="cut">{{ vm.plant || live.t('board.title') }}</h1><span v-if="vm.plant" class="secondary cut">{{ live.t('board.title') }}</span>
      <template #person><span v-if="live.ready" class="board-clock num">{{ clock }}</span></template></TopBar>
    <Skeleton v-if="!live.ready" layout="board" :count="3" />
    <main v-else-if="!tiles.length" class="panel center"><Empty icon="precision_manufacturing" :text="live.t('board.empty')" /></main>
    <main v-else class="tiles values">
      <a v-for="tile in tiles" :key="tile.line" class="tile" :href="'/terminal/' + tile.path" :data-line="tile.line">
        <div class="tile-state" :class="['state-' + tile.state.key, { pulse: tile.state.key === 'down' }]" :data-state="tile.state.name">
          <Icon :name="tile.state.icon" /><span class="tile-word cut">{{ tile.state.word }}</span>
          <span v-if="tile.state.sinceMs" class="num tile-since">{{ since(tile.state) }}</span></div>
        <div class="tile-body">
          <h2 class="cut">{{ tile.name }}</h2>
          <template v-if="tile.order">
            <p class="tile-job cut"><b class="num">{{ tile.order.number }}</b> {{ tile.order.itemName }}</p>
            <p class="tile-count num">{{ tile.order.good }}</p>
            <p class="tile-target num"><span>/ {{ tile.order.target }} {{ tile.order.unit }}</span><span>{{ tile.order.percent }} %</span></p>
            <Progress :percent="tile.order.percent" goal />
            <p class="tile-pace" :class="{ faint: !tile.order.pace, 'pace-behind': tile.order.pace && tile.order.pace.abnormal }">
              <template v-if="tile.order.pace"><Icon :name="tile.order.pace.icon" /><span class="num">{{ tile.order.pace.amount }}</span><span class="tile-pace-word">{{ tile.order.pace.word }}</span></template>
              <template v-else><span>–</span><span class="tile-pace-word">{{ live.t('run.no_pace') }}</span></template></p>
            <p class="tile-times num"><span>{{ tile.order.finish ? live.t('run.finish', { time: tile.order.finish }) : '' }}</span><span :class="{ abnormal: tile.order.late }">{{ live.t('run.due', { time: tile.order.due }) }}</span></p>
          </template>
          <div v-else class="tile-none"><Icon name="assignment" /><p>{{ live.t('board.no_order') }}</p></div>
          <div class="tile-marks">
            <span v-if="tile.order && tile.order.late" class="tile-mark late"><Icon name="schedule" />{{ live.t('board.late') }}</span>
            <span v-if="tile.shortages" class="tile-mark short"><Icon name="production_quantity_limits" />{{ live.t('board.short', { count: tile.shortages }) }}</span>
            <span v-if="tile.noOrder" class="tile-mark"><Icon name="help_center" />{{ live.t('board.no_order_count', { count: tile.noOrder }) }}</span>
            <span v-for="unit in tile.units" :key="unit.name" class="tile-unit"><Icon :name="unit.state.icon" /><span class="cut">{{ unit.name }}</span></span>
          </div>
          <StateStrip v-if="density === 'large'" :segments="tile.strip" bare />
        </div></a>
    </main></div>`,
  inject: ["live"],
  computed: {
    vm() {
      return this.live.vm;
    },
    tiles() {
      return this.vm.tiles || [];
    },
    density() {
      return this.tiles.length <= 3 ? "large" : this.tiles.length <= 8 ? "medium" : "small";
    },
    columns() {
      return { large: Math.max(1, this.tiles.length), medium: Math.ceil(this.tiles.length / 2), small: 5 }[this.density];
    },
    clock() {
      const zone = this.vm.zone;
      return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(this.live.now);
    },
  },
  methods: {
    since(state) {
      return span(Math.max(1, this.live.now - state.sinceMs), this.live.t);
    },
  },
};
