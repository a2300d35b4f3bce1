// One screen. Messages come in through receive() and settle(); requests go out through the `ask` event.
// This transport is nobody else's business: screens know only the store of lib/live.js.
import { createLive } from "lineside-screens/lib/live.js";
import { listenForScans } from "lineside-screens/lib/scanner.js";
import { screens } from "lineside-screens/screens.js";
import { markRaw } from "vue";

export default {
  template: `<component :is="view" class="screen" :style="{ '--action-height': page.actionHeight + 'px' }" />`,
  props: { screen: String, labels: Object, page: Object },
  emits: ["ask"],
  data() {
    return { view: markRaw(screens[this.screen]) };
  },
  provide() {
    return { live: this.live };
  },
  beforeCreate() {
    const props = this.$.props;
    this.live = createLive({
      labels: props.labels,
      page: props.page,
      send: (message) => this.$emit("ask", message),
      connected: () => Boolean(window.socket && window.socket.connected),
    });
  },
  mounted() {
    this.live.start();
    this.stopScanning = listenForScans({
      prefix: this.page.scannerPrefix,
      onScan: (text) => this.live.scanned(text),
    });
  },
  unmounted() {
    this.live.stop();
    this.stopScanning();
  },
  methods: {
    receive(message) {
      this.live.receive(message);
    },
    settle(answer) {
      this.live.settle(answer);
    },
  },
};
