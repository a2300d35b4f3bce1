// Every screen by its name.
import { BoardScreen } from "./board.js";
import { CountScreen } from "./count.js";
import { PlanScreen } from "./plan.js";
import { StockScreen } from "./stock.js";
import { HomeScreen } from "./home.js";
import { OrderScreen } from "./order.js";
import { OrdersScreen } from "./orders.js";
import { QueueScreen } from "./queue.js";
import { ReceiveScreen } from "./receive.js";
import { ReplenishmentScreen } from "./replenishment.js";
import { ReportsScreen } from "./reports.js";
import { ReviewScreen } from "./review.js";
import { RunScreen } from "./run.js";
import { TraceScreen } from "./trace.js";

export const screens = {
  board: BoardScreen,
  count: CountScreen,
  plan: PlanScreen,
  stock: StockScreen,
  home: HomeScreen,
  order: OrderScreen,
  orders: OrdersScreen,
  queue: QueueScreen,
  receive: ReceiveScreen,
  replenishment: ReplenishmentScreen,
  reports: ReportsScreen,
  review: ReviewScreen,
  run: RunScreen,
  trace: TraceScreen,
};
