package io.vigil.cli;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.Manifest;
import io.vigil.model.score.Scorer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil model validate}: every check that the job makes before it scores. */
@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    description = "Runs every check on a bundle that the job runs, and says what was seen.")
final class ValidateModel implements Callable<Integer> {

  @Mixin private Console console = new Console();

  @Parameters(paramLabel = "BUNDLE", description = "A folder, a zip, or a built-in name.")
  private String named = "";

  @Option(
      names = "--device",
      defaultValue = "cpu",
      paramLabel = "D",
      description = "Where to load it: cpu, auto, or gpu:N (default: ${DEFAULT-VALUE}).")
  private String device = "cpu";

  @Override
  public Integer call() {
    Bundle bundle = ModelCommand.checked(() -> Bundle.named(named));
    Manifest manifest = bundle.manifest();
    long bytes = manifest.files().values().stream().mapToLong(Manifest.FileEntry::bytes).sum();
    say(
        "files",
        "%d, %,d bytes, all as the manifest says".formatted(manifest.files().size(), bytes));
    say(
        "features",
        "fingerprint %s, all %d inputs there"
            .formatted(manifest.featureFingerprint(), manifest.inputs().size()));
    String engineClass;
    Bundle.GoldenMatch match;
    // Looks at the file in Java, then loads it, then holds it against the golden vectors.
    try (Scorer scorer = ModelCommand.checked(() -> bundle.open(device))) {
      engineClass = scorer.engineClass();
      match = bundle.verifyGolden(scorer);
    }
    say(
        "model",
        "%s passes the %s engine's inspection".formatted(manifest.modelFile(), manifest.engine()));
    say("engine", "loads and scores on %s".formatted(engineClass));
    boolean exact = match == Bundle.GoldenMatch.TO_THE_BIT;
    say(
        "golden",
        "%d rows, %s"
            .formatted(
                bundle.goldenRows(),
                exact
                    ? "every bit as stored"
                    : "within 1e-4; bits are those of " + manifest.goldenEngineClass()));
    say("digest", bundle.digest());
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>(ModelCommand.json(bundle));
    json.put("bytes", bytes);
    json.put("engine_class", engineClass);
    json.put("golden_rows", bundle.goldenRows());
    json.put("golden_exact", exact);
    console.writeJson(json);
    return 0;
  }

  private void say(String check, String seen) {
    console.out().println("%-9s ok  ".formatted(check) + seen);
    console.out().flush();
  }
}
