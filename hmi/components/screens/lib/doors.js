// Every screen that is chosen at the home page, by who uses it. A new screen is entered here; an empty group is not shown.
// The machines' own terminals stand in the group "line" by themselves.
export const GROUPS = [
  {
    title: "home.line",
    doors: [
      { href: "/board", icon: "dashboard", title: "board.title", what: "home.board" },
      { href: "/review", icon: "rule", title: "review.title", what: "home.review" },
    ],
  },
  {
    title: "home.warehouse",
    doors: [
      { href: "/replenishment", icon: "campaign", title: "stock.title", what: "home.replenishment" },
      { href: "/warehouse/receive", icon: "input", title: "receive.title", what: "home.receive" },
      { href: "/warehouse/stock", icon: "inventory_2", title: "where.title", what: "home.stock" },
      { href: "/warehouse/count", icon: "fact_check", title: "count.title", what: "home.count" },
    ],
  },
  {
    title: "home.planning",
    doors: [
      { href: "/orders", icon: "assignment", title: "orders.title", what: "home.orders" },
      { href: "/warehouse/plan", icon: "autorenew", title: "plan.title", what: "home.plan" },
    ],
  },
  {
    title: "home.management",
    doors: [
      { href: "/reports", icon: "bar_chart", title: "reports.title", what: "home.reports" },
      { href: "/trace", icon: "account_tree", title: "trace.title", what: "home.trace" },
    ],
  },
];
