package io.vigil.cli;

import io.vigil.job.control.JobKeys;
import io.vigil.model.approval.Alias;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.Kind;
import io.vigil.model.approval.PlanSummary;
import io.vigil.model.approval.RequestFile;
import io.vigil.model.artefact.YamlMap;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.registry.DirectoryStore;
import io.vigil.model.rule.EntryList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code vigil model request}: asks for an artefact to be put in force. */
@Command(
    name = "request",
    mixinStandardHelpOptions = true,
    description = "Keeps an artefact in the registry and writes the request that is then signed.")
final class RequestModel implements Callable<Integer> {
  private static final List<String> OF_THE_JOB = List.of(JobKeys.ANSWER, JobKeys.PREPARING);

  private static final int SHARE_ALL = 10_000;

  @Mixin private Console console = new Console();

  @Option(
      names = "--artefact",
      required = true,
      paramLabel = "BUNDLE|FILE|DIGEST",
      description =
          "What shall be put in force: a bundle, a rule set, a policy or a list, or the SHA-256 of one that is in the registry, as of what was in force before.")
  private String artefact = "";

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "The plan that was reviewed; lists, shadows, ends and rollbacks need none.")
  private @Nullable Path planFile;

  @Option(
      names = "--as",
      required = true,
      paramLabel = "ALIAS",
      description = "champion decides, challenger decides for its share, shadow never.")
  private Alias alias = Alias.SHADOW;

  @Option(
      names = "--share",
      paramLabel = "P%",
      converter = ShareConverter.class,
      description = "Of a challenger: for how many accounts it decides; 0%% ends it.")
  private @Nullable Integer share;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = "model, rule_set, policy or list (default: as the plan says; a bundle is one).")
  private @Nullable Kind kind;

  @Option(
      names = "--against",
      paramLabel = "DIGEST",
      description = "SHA-256 of the champion of that kind, where no plan says it.")
  private @Nullable String against;

  @Option(
      names = "--break-glass",
      description = "In an emergency: one signature, for 4 hours; rule sets, rollbacks and ends.")
  private boolean breakGlass;

  @Option(
      names = "--backfill",
      description =
          "Of a model that brings features: it decides once the job has read their history from its archive. That takes minutes to hours, for it reads the whole archive, and holds no transaction up.")
  private boolean backfill;

  @Option(
      names = "--effective-at",
      paramLabel = "INSTANT",
      description =
          "From when it decides, such as 2026-01-31T06:00:00Z, 7 days ahead at most (default: as soon as the job has answered).")
  private @Nullable Instant effectiveAt;

  @Option(
      names = "--scope",
      defaultValue = "local",
      paramLabel = "NAME",
      description = "That of the keyring (default: ${DEFAULT-VALUE}).")
  private String scope = "local";

  @Option(names = "--id", paramLabel = "ID", description = "Of the request (default: a new one).")
  private @Nullable String id;

  @Option(
      names = "--registry",
      required = true,
      paramLabel = "DIR",
      description = "Where artefacts are kept by their digests.")
  private Path registry = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The request, to be signed; must not be there.")
  private Path out = Path.of("");

  /** Kinds of which the job always has one in force. */
  private static final Set<Kind> HAVE_CHAMPIONS =
      EnumSet.of(Kind.MODEL, Kind.RULE_SET, Kind.POLICY);

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  /** What shall be put in force. */
  private record Named(String name, String version, byte[] bytes) {}

  @Override
  public Integer call() throws IOException {
    if (Files.exists(out)) {
      throw new CliException("--out: expected a new file, got one that is there: " + out);
    }
    String given = id;
    if (given != null && OF_THE_JOB.stream().anyMatch(given::startsWith)) {
      throw new CliException(
          "--id: expected none that begins with one of %s, as those of the job do, got %s"
              .formatted(OF_THE_JOB, given));
    }
    resolve();
    byte[] planBytes = plan();
    PlanSummary plan =
        planBytes == null
            ? null
            : ModelCommand.checked(() -> PlanSummary.read(planBytes, String.valueOf(planFile)));
    Kind ofKind = kind(plan);
    Named named =
        switch (ofKind) {
          case MODEL -> bundle();
          case LIST -> list();
          default -> file();
        };
    DirectoryStore store = new DirectoryStore(registry);
    String digest;
    try {
      digest = store.put(ofKind, artefact, named.bytes());
    } catch (IllegalArgumentException | IOException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
    requireItsPlan(plan, new PlanSummary.Change(ofKind, named.name(), named.version(), digest));
    String champion = plan == null ? against : plan.against().get(ofKind);
    if (champion == null && HAVE_CHAMPIONS.contains(ofKind)) {
      throw new CliException(
          ("--against: expected the SHA-256 of the %s in force, for no plan says it; got none."
                  + " vigil model list --json says it, and of what the job was started with vigil"
                  + " model show or vigil rules validate")
              .formatted(ofKind.id().replace('_', ' ')));
    }
    DeploymentRequest request =
        new DeploymentRequest(
            id == null ? UUID.randomUUID().toString() : id,
            ofKind,
            alias,
            named.name(),
            named.version(),
            digest,
            share(),
            effectiveAt == null ? 0 : effectiveAt.toEpochMilli(),
            planBytes,
            List.of(),
            breakGlass,
            backfill);
    // Read as whoever signs it will: what is not legal shows here.
    String text = new RequestFile(scope, champion, request).text();
    RequestFile file = ModelCommand.checked(() -> RequestFile.read(text, "request"));
    KeysCommand.replace(out, text);
    RequestText.print(console, file, null);
    console.out().println("out      " + out);
    console.out().flush();
    console.writeJson(RequestText.json(file));
    return 0;
  }

  private byte @Nullable [] plan() throws IOException {
    Path file = planFile;
    if (file == null) {
      return null;
    }
    if (against != null) {
      throw new CliException("--against: expected no plan beside it, which says the champion");
    }
    if (!Files.isRegularFile(file)) {
      throw new CliException("--plan: expected a file, got " + file + ", which is none");
    }
    if (Files.size(file) > PlanSummary.BYTES_MAX) {
      throw new CliException(
          "--plan: expected a file of at most %d bytes, got %s"
              .formatted(PlanSummary.BYTES_MAX, file));
    }
    return Files.readAllBytes(file);
  }

  /** What is named by its digest is taken from the registry. */
  private void resolve() {
    if (!DIGEST.matcher(artefact).matches()) {
      return;
    }
    for (Kind each : Kind.values()) {
      Path kept = registry.resolve(each.id()).resolve(artefact);
      if (Files.isRegularFile(kept)) {
        artefact = kept.toString();
        kind = each;
        return;
      }
    }
    throw new CliException(
        "--artefact: expected one of the registry %s, got %s, which is not there"
            .formatted(registry, artefact));
  }

  private Kind kind(@Nullable PlanSummary plan) {
    if (kind != null) {
      return kind;
    }
    Path path = Path.of(artefact);
    if (Files.isDirectory(path) || artefact.endsWith(".zip")) {
      return Kind.MODEL;
    }
    List<Kind> kinds =
        plan == null
            ? List.of()
            : plan.changes().stream().map(PlanSummary.Change::kind).distinct().toList();
    if (kinds.size() != 1) {
      throw new CliException(
          "--kind: expected it, since no plan of one artefact says it, got nothing");
    }
    return kinds.get(0);
  }

  private Named bundle() {
    Bundle bundle = ModelCommand.checked(() -> Bundle.named(artefact));
    return new Named(
        bundle.manifest().name(), String.valueOf(bundle.manifest().version()), bundle.toZip());
  }

  private Named list() throws IOException {
    Path file = Path.of(artefact);
    if (!Files.isRegularFile(file)) {
      throw new CliException("--artefact: expected a file, got " + file + ", which is none");
    }
    if (Files.size(file) > DirectoryStore.BYTES_MAX) {
      throw new CliException(
          "--artefact: expected a file of at most %d bytes, got %s"
              .formatted(DirectoryStore.BYTES_MAX, file));
    }
    byte[] bytes = Files.readAllBytes(file);
    EntryList list = ModelCommand.checked(() -> EntryList.read(bytes, artefact));
    return new Named(list.name(), String.valueOf(list.version()), bytes);
  }

  private Named file() {
    String text = KeysCommand.text("--artefact", Path.of(artefact));
    YamlMap map = ModelCommand.checked(() -> YamlMap.readSome(text, artefact, "name", "version"));
    return ModelCommand.checked(
        () ->
            new Named(
                map.text("name", "a name"),
                map.text("version", "a version"),
                text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void requireItsPlan(@Nullable PlanSummary plan, PlanSummary.Change asked) {
    if (plan == null) {
      return;
    }
    if (!plan.isOf(asked)) {
      throw new CliException(
          "--plan: expected one of %s %s, version %s, %s, and nothing else, got one of %s"
              .formatted(
                  asked.kind().id(),
                  asked.name(),
                  asked.version(),
                  asked.digest(),
                  plan.changes()));
    }
    if (plan.verdict() == PlanSummary.Verdict.GATE_FAILED) {
      throw new CliException("--plan: expected one whose gates all passed, got one that failed");
    }
  }

  private int share() {
    Integer given = share;
    return switch (alias) {
      case CHAMPION -> {
        if (given != null) {
          throw new CliException("--share: expected none for a champion, got one");
        }
        yield 0;
      }
      case SHADOW -> given == null ? SHARE_ALL : given;
      case CHALLENGER -> {
        if (given == null) {
          throw new CliException("--share: expected one for a challenger, such as '5%', got none");
        }
        yield given;
      }
    };
  }

  private static final class ShareConverter implements ITypeConverter<Integer> {
    private static final Pattern SHARE = Pattern.compile("(\\d{1,3})(?:\\.(\\d{1,2}))?%");

    @Override
    public Integer convert(String text) {
      Matcher matcher = SHARE.matcher(text);
      if (matcher.matches()) {
        String hundredths = matcher.group(2) == null ? "" : matcher.group(2);
        int basisPoints =
            Integer.parseInt(matcher.group(1)) * 100
                + Integer.parseInt((hundredths + "00").substring(0, 2));
        if (basisPoints <= SHARE_ALL) {
          return basisPoints;
        }
      }
      throw new TypeConversionException("expected a share such as '5%' or '0.25%', got " + text);
    }
  }
}
