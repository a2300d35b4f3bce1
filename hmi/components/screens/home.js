// The index: which screen is wanted here, grouped by who uses it.
import { GROUPS } from "./lib/doors.js";
import { Empty, Icon, Skeleton, StateChip, TopBar } from "./lib/ui.js";

export const HomeScreen = {
  components: { Empty, Icon, Skeleton, StateChip, TopBar },
  template: `<div class="index" :class="{ stale: live.stale }">
    <TopBar><h1 class="cut">{{ vm.plant || live.t('home') }}</h1></TopBar>
    <Skeleton v-if="!live.ready" layout="list" :count="6" />
    <main v-else class="index-groups values scroll">
      <section v-for="group in groups" :key="group.title"><h2>{{ live.t(group.title) }}</h2>
        <template v-if="group.title === 'home.line'">
          <Empty v-if="!(vm.lines || []).length" icon="precision_manufacturing" :text="live.t('board.empty')" />
          <div class="index-units"><template v-for="line in vm.lines || []" :key="line.line"><div v-for="unit in line.units" :key="unit.path" class="panel unit-door">
            <a class="unit-main" :href="'/terminal/' + unit.path"><span><b>{{ unit.name }}</b><small class="secondary">{{ line.name }} · <span class="whole">{{ unit.order || live.t('home.no_order') }}</span></small></span><StateChip :state="unit.state" /></a>
            <a class="unit-queue" :href="'/terminal/' + unit.path + '/queue'" :aria-label="live.t('queue.title') + ' ' + unit.name"><Icon name="view_list" /></a></div></template></div></template>
        <div class="doors"><a v-for="door in group.doors" :key="door.href" class="panel door" :href="door.href"><Icon :name="door.icon" /><span><b>{{ live.t(door.title) }}</b><small class="secondary">{{ live.t(door.what) }}</small></span></a></div></section>
    </main></div>`,
  inject: ["live"],
  data: () => ({ groups: GROUPS.filter((group) => group.doors.length) }),
  computed: {
    vm() {
      return this.live.vm;
    },
  },
};
