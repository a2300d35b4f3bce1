// The index: which screen is wanted here.
import { Empty, Icon, Skeleton, StateChip, TopBar } from "./lib/ui.js";

export const HomeScreen = {
  components: { Empty, Icon, Skeleton, StateChip, TopBar },
  template: `<div class="index" :class="{ stale: live.stale }">
    <TopBar><h1 class="cut">{{ vm.plant || live.t('home') }}</h1></TopBar>
    <Skeleton v-if="!live.ready" layout="list" :count="6" />
    <main v-else class="index-grid values scroll">
      <section><h2>{{ live.t('home.boards') }}</h2><div class="doors">
        <a v-for="door in doors" :key="door.href" class="panel door" :href="door.href"><Icon :name="door.icon" /><span><b>{{ live.t(door.title) }}</b><small class="secondary">{{ live.t(door.what) }}</small></span><Icon name="chevron_right" /></a></div></section>
      <section><h2>{{ live.t('home.terminals') }}</h2>
        <Empty v-if="!(vm.lines || []).length" icon="precision_manufacturing" :text="live.t('board.empty')" />
        <div class="index-units"><template v-for="line in vm.lines || []" :key="line.line"><div v-for="unit in line.units" :key="unit.path" class="panel unit-door">
            <a class="unit-main" :href="'/terminal/' + unit.path"><span><b class="cut">{{ unit.name }}</b><small class="secondary cut">{{ line.name }} · {{ unit.order || live.t('home.no_order') }}</small></span><StateChip :state="unit.state" timed /></a>
            <a class="unit-queue" :href="'/terminal/' + unit.path + '/queue'" :aria-label="live.t('queue.title') + ' ' + unit.name"><Icon name="view_list" />{{ live.t('queue.title') }}</a></div></template></div></section>
    </main></div>`,
  inject: ["live"],
  data: () => ({
    doors: [
      { href: "/board", icon: "dashboard", title: "board.title", what: "home.board" },
      { href: "/replenishment", icon: "inventory_2", title: "stock.title", what: "home.replenishment" },
      { href: "/orders", icon: "assignment", title: "orders.title", what: "home.orders" },
    ],
  }),
  computed: {
    vm() {
      return this.live.vm;
    },
  },
};
