import type { Check } from "../check.js";
import { clientTls, reached } from "../client-tls.js";
import { targetOf } from "../mesh.js";

export const plaintextToStrict: Check = {
  id: "MT001",
  title: "clients are told not to use mTLS where only mTLS is accepted",
  severity: "error",
  why: "Each connection is refused by the server's proxy; clients see resets or 503 with UF.",
  *run(mesh) {
    for (const tls of clientTls(mesh)) {
      if (tls.mode === "ISTIO_MUTUAL") continue;
      for (const { port, workload } of reached(mesh, tls)) {
        const { mode, by } = mesh.mtlsOf(workload, targetOf(port.port, workload));
        if (mode !== "STRICT" || by === undefined || !mesh.mayBeInMesh(workload)) continue;
        yield {
          at: tls.rule,
          path: tls.path,
          message: `tls.mode is ${tls.mode}, but ${workload.at.title} accepts mTLS only at port ${port.port.port} of ${port.service.title}, by ${by.title} (${by.where})`,
          fix: "leave tls out (mTLS is automatic), or set ISTIO_MUTUAL",
        };
        break;
      }
    }
  },
};

export const mutualToPlaintext: Check = {
  id: "MT002",
  title: "clients are told to use mTLS where nobody speaks it",
  severity: "error",
  why: "ISTIO_MUTUAL is no offer but an order: without a sidecar that accepts it each connection fails.",
  *run(mesh) {
    for (const tls of clientTls(mesh)) {
      if (tls.mode !== "ISTIO_MUTUAL") continue;
      for (const { port, workload } of reached(mesh, tls)) {
        const { mode, by } = mesh.mtlsOf(workload, targetOf(port.port, workload));
        const reason = !mesh.mayBeInMesh(workload)
          ? "has no sidecar"
          : mode === "DISABLE" && by !== undefined
            ? `accepts plain text only, by ${by.title} (${by.where})`
            : undefined;
        if (reason === undefined) continue;
        yield {
          at: tls.rule,
          path: tls.path,
          message: `tls.mode is ISTIO_MUTUAL, but ${workload.at.title} behind ${port.service.title} ${reason}`,
          fix: "leave tls out (mTLS is automatic where there is a sidecar), or set DISABLE",
        };
        break;
      }
    }
  },
};
