// The OPC UA device of `benchmarks.edge`: 1,000 UInt32 items on node-opcua, each of which has a new value whenever it is
// sampled. Item i holds i x 1,000,000 + n at its nth sample, stamped with the moment of the sample, so whoever counts
// the values that arrive knows of every one that did not. Usage: node edge_opcua.js PORT ITEMS
"use strict";
const { OPCUAServer } = require("node-opcua-server");
const { DataType } = require("node-opcua-variant");
const { DataValue } = require("node-opcua-data-value");
const { StatusCodes } = require("node-opcua-status-code");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");

const [port, items] = process.argv.slice(2).map(Number);
const SPACING = 1000000;

async function main() {
  const server = new OPCUAServer({
    port,
    hostname: "127.0.0.1",
    resourcePath: "/bench",
    securityModes: [1],
    securityPolicies: ["http://opcfoundation.org/UA/SecurityPolicy#None"],
    serverCapabilities: {
      maxMonitoredItems: 100000,
      maxMonitoredItemsPerSubscription: 100000,
      maxMonitoredItemsQueueSize: 1000,
      operationLimits: { maxMonitoredItemsPerCall: 10000, maxNodesPerRead: 10000 },
    },
    serverCertificateManager: new OPCUACertificateManager({
      rootFolder: process.env.EDGE_OPCUA_PKI,
      automaticallyAcceptUnknownCertificate: true,
    }),
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const own = space.registerNamespace("http://lineside.example/bench");
  const device = own.addObject({ organizedBy: space.rootFolder.objects, browseName: "Bench" });
  for (let item = 0; item < items; item++) {
    let value = item * SPACING;
    own.addVariable({
      componentOf: device,
      nodeId: `s=t${item}`,
      browseName: `t${item}`,
      dataType: "UInt32",
      minimumSamplingInterval: 100,
      value: {
        timestamped_get: () => {
          value += 1;
          return new DataValue({
            value: { dataType: DataType.UInt32, value },
            statusCode: StatusCodes.Good,
            sourceTimestamp: new Date(),
          });
        },
      },
    });
  }
  await server.start();
  console.log(JSON.stringify({ listening: port, namespace: own.index }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
