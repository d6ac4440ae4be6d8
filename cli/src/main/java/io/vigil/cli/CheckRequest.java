package io.vigil.cli;

import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Judge;
import io.vigil.model.approval.Keyring;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.PlanSummary;
import io.vigil.model.approval.Refusal;
import io.vigil.model.approval.RequestFile;
import io.vigil.model.registry.DirectoryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil model check}: judges a request as the job will. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = "Judges a signed request as the job will, without one.")
final class CheckRequest implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Parameters(paramLabel = "REQUEST", description = "The file that request wrote.")
  private Path file = Path.of("");

  @Option(names = "--keyring", required = true, paramLabel = "FILE", description = "The keyring.")
  private Path keyringFile = Path.of("");

  @Option(
      names = "--at",
      paramLabel = "INSTANT",
      description = "When the log would take it, such as 2026-01-31T00:00:00Z (default: now).")
  private @Nullable Instant at;

  @Option(
      names = "--in-force",
      paramLabel = "KIND=DIGEST",
      description = "A champion; may be repeated (default: those that request and plan name).")
  private Map<Kind, String> inForce = new EnumMap<>(Kind.class);

  @Option(
      names = "--was-in-force",
      paramLabel = "DIGEST",
      description = "What was champion before, for rollbacks; may be repeated.")
  private Set<String> wasInForce = new LinkedHashSet<>();

  @Option(
      names = "--registry",
      paramLabel = "DIR",
      description = "Looks whether the artefact is there, and whole.")
  private @Nullable Path registry;

  @Override
  public Integer call() {
    Keyring keyring = KeysCommand.keyring(keyringFile);
    String yaml = KeysCommand.text("request", file);
    RequestFile request = ModelCommand.checked(() -> RequestFile.read(yaml, file.toString()));
    DeploymentRequest asked = request.request();
    long effectiveTimeMs = (at == null ? Instant.now() : at).toEpochMilli();
    Refusal refusal =
        new Judge(keyring).judge(asked, new InForce(digests(request), wasInForce), effectiveTimeMs);
    if (refusal == null && registry != null) {
      requireStored(registry, asked);
    }
    Map<String, Object> json = new LinkedHashMap<>(RequestText.json(request));
    json.put("approved", refusal == null);
    json.put("code", refusal == null ? null : refusal.code());
    json.put("message", refusal == null ? null : refusal.message());
    json.put("keyring_sha256", keyring.digest());
    console.writeJson(json);
    if (refusal != null) {
      throw new CliException(refusal.code() + ": " + refusal.message());
    }
    RequestText.print(console, request, null);
    console
        .out()
        .println(
            "approved "
                + (asked.breakGlass()
                    ? "until " + Instant.ofEpochMilli(Judge.breakGlassEndMs(effectiveTimeMs))
                    : "for good"));
    console.out().flush();
    return 0;
  }

  private Map<Kind, String> digests(RequestFile request) {
    Map<Kind, String> digests = new EnumMap<>(Kind.class);
    PlanSummary plan = RequestText.plan(request.request());
    if (plan != null) {
      digests.putAll(plan.against());
    }
    String against = request.against();
    if (against != null) {
      digests.put(request.request().kind(), against);
    }
    digests.putAll(inForce);
    return digests;
  }

  private static void requireStored(Path registry, DeploymentRequest asked) {
    try {
      byte[] unused =
          new DirectoryStore(registry).read(asked.kind(), asked.digest(), DirectoryStore.BYTES_MAX);
    } catch (IOException e) {
      throw new CliException("registry: " + e.getMessage(), e);
    }
  }
}
