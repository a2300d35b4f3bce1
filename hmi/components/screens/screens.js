// Every screen by its name.
import { BoardScreen } from "./board.js";
import { HomeScreen } from "./home.js";
import { OrdersScreen } from "./orders.js";
import { QueueScreen } from "./queue.js";
import { ReplenishmentScreen } from "./replenishment.js";
import { RunScreen } from "./run.js";

export const screens = {
  board: BoardScreen,
  home: HomeScreen,
  orders: OrdersScreen,
  queue: QueueScreen,
  replenishment: ReplenishmentScreen,
  run: RunScreen,
};
