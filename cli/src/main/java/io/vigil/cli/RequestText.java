package io.vigil.cli;

import io.vigil.model.approval.Approval;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.PlanSummary;
import io.vigil.model.approval.RequestFile;
import io.vigil.model.watch.WatchPlan;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Tells what a request asks for, to those who sign it and to machines. */
final class RequestText {

  private RequestText() {}

  /**
   * Prints all that a signature covers, and what the plan in it comes to.
   *
   * @param expires of the signature, null where none is made
   */
  static void print(Console console, RequestFile file, @Nullable Instant expires) {
    long expiresMs = expires == null ? 0 : expires.toEpochMilli();
    for (String line : file.statement(expiresMs).lines()) {
      if (expires != null || !line.startsWith("expires")) {
        console.out().println(line);
      }
    }
    PlanSummary plan = plan(file.request());
    if (plan != null) {
      WatchPlan watch = plan.watch();
      if (watch != null) {
        watch.text().lines().forEach(line -> console.out().println("watch    " + line));
      }
      for (PlanSummary.Gate gate : plan.gates()) {
        console
            .out()
            .println(
                "gate     %s: %s: %s; required: %s"
                    .formatted(
                        gate.name(),
                        gate.verdict().replace('_', ' '),
                        gate.observed(),
                        gate.required()));
      }
      console.out().println("verdict  " + plan.verdict().name().toLowerCase(Locale.ROOT));
      for (Map.Entry<Kind, String> one : new TreeMap<>(plan.against()).entrySet()) {
        console.out().println("  with   %s %s".formatted(one.getKey().id(), one.getValue()));
      }
    }
    console.out().flush();
  }

  /** The plan, null without one. */
  static @Nullable PlanSummary plan(DeploymentRequest request) {
    byte[] bytes = request.plan();
    return bytes == null ? null : ModelCommand.checked(() -> PlanSummary.read(bytes, "plan"));
  }

  static Map<String, Object> json(RequestFile file) {
    DeploymentRequest request = file.request();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", request.id());
    json.put("scope", file.scope());
    json.put("kind", request.kind().id());
    json.put("name", request.name());
    json.put("version", request.version());
    json.put("sha256", request.digest());
    json.put("as", request.alias().id());
    json.put("share_basis_points", request.shareBasisPoints());
    json.put("effective_at", request.effectiveAtMs());
    json.put("break_glass", request.breakGlass());
    json.put("backfill", request.backfill());
    json.put("against", file.against());
    json.put("signed_by", request.signatures().stream().map(Approval::keyId).toList());
    return json;
  }
}
