package io.vigil.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vigil.cli.audit.DecisionProof;
import io.vigil.cli.audit.Export;
import io.vigil.cli.audit.Heads;
import io.vigil.cli.replay.DecisionPage;
import io.vigil.cli.replay.ReplayedDecision;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.job.archive.WhatIf;
import io.vigil.model.evaluate.Html;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil audit package}: the evidence about a case in one folder. */
@Command(
    name = "package",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Puts the evidence about a case into a folder: each of its decisions made again from the"
          + " archive, as a page and for machines, with the proof that it stands in the log.",
      "Nobody else's data is in it."
    })
final class PackageAudit implements Callable<Integer> {
  @Mixin private Console console = new Console();
  @Mixin private AuditOptions options = new AuditOptions();

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Of of = new Of();

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "A new folder.")
  private Path out = Path.of("");

  /** What it is about. */
  private static final class Of {
    @Option(names = "--case", paramLabel = "ID", description = "All decisions of a case.")
    private @Nullable String caseId;

    @Option(names = "--decision", paramLabel = "ID", description = "One, by its transaction.")
    private @Nullable String transactionId;
  }

  /**
   * A decision in the package.
   *
   * @param again how it compares with itself made again
   * @param proof its file; null when no head covers it
   */
  private record Piece(Decision decision, String again, String page, @Nullable String proof) {
    boolean same() {
      return !again.equals("differs");
    }
  }

  @Override
  public Integer call() throws Exception {
    if (Files.exists(out)) {
      throw new CliException("--out: expected a new folder, got " + out + ", which is there");
    }
    ArchiveFolder archive = options.archive();
    List<String> ids = ids(archive);
    Files.createDirectories(out);
    Path temporary = Files.createTempDirectory("vigil-package");
    List<Piece> pieces = new ArrayList<>();
    try {
      DecisionIndex index = DecisionIndex.of(archive);
      for (String id : ids) {
        List<DecisionIndex.Found> found = index.find(id);
        if (found.isEmpty()) {
          throw new CliException("--decision: expected one of the archive, got none of " + id);
        }
        pieces.add(
            piece(archive, temporary, found.get(found.size() - 1).decision(), pieces.size() + 1));
      }
    } finally {
      try (Stream<Path> all = Files.walk(temporary)) {
        for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
    Optional<String> head = options.spilling(spill -> Heads.newest(archive));
    if (head.isPresent()) {
      Files.writeString(out.resolve("head.note"), head.get());
    }
    Files.writeString(out.resolve("index.html"), page(pieces, head.isPresent()));
    long same = pieces.stream().filter(Piece::same).count();
    console
        .out()
        .printf(
            "%d decisions, %d of them the same when made again, %d proved to stand in the log%n",
            pieces.size(), same, pieces.stream().filter(piece -> piece.proof != null).count());
    console.out().println("package  " + out.resolve("index.html"));
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("decisions", ids);
    json.put("same", same);
    json.put("out", out.toString());
    console.writeJson(json);
    boolean proved = head.isEmpty() || pieces.stream().allMatch(piece -> piece.proof != null);
    return same == pieces.size() && proved ? 0 : 1;
  }

  private List<String> ids(ArchiveFolder archive) throws IOException {
    if (of.transactionId != null) {
      return List.of(of.transactionId);
    }
    Set<String> ids = new LinkedHashSet<>();
    for (var files : archive.files("cases").values()) {
      for (var file : files) {
        archive.read(
            file,
            AlertRaised.class,
            alert -> {
              if (alert.getCaseId().equals(of.caseId)) {
                ids.add(alert.getTransaction().getTransactionId());
              }
            });
      }
    }
    if (ids.isEmpty()) {
      throw new CliException("--case: expected a case of the archive, got none of " + of.caseId);
    }
    return List.copyOf(ids);
  }

  private Piece piece(ArchiveFolder archive, Path temporary, Decision decision, int number)
      throws Exception {
    String id = decision.getTransaction().getTransactionId();
    ReplayedDecision replayed =
        ReplayedDecision.of(archive, temporary, decision, true, WhatIf.NOTHING).ownEventsOnly();
    String name = "decision-%02d".formatted(number);
    Files.writeString(out.resolve(name + ".html"), DecisionPage.of(replayed));
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(out.resolve(name + ".json").toFile(), replayed.json());
    LocalDate day =
        Instant.ofEpochMilli(decision.getEffectiveTime()).atZone(ZoneOffset.UTC).toLocalDate();
    String proof = null;
    try {
      DecisionProof made = options.spilling(spill -> DecisionProof.of(archive, id, day, spill));
      proof = name + ".proof";
      Files.writeString(out.resolve(proof), made.text(), StandardCharsets.UTF_8);
    } catch (Export.UnpackableException e) {
      console.err().println("decision " + id + " is not proved: " + e.getMessage());
      console.err().flush();
    }
    String again =
        replayed.same()
            ? "identical"
            : replayed.sameButEngine() ? "same but for last bits" : "differs";
    return new Piece(decision, again, name + ".html", proof);
  }

  private String page(List<Piece> pieces, boolean head) {
    String title =
        of.caseId == null
            ? "Evidence on transaction " + of.transactionId
            : "Evidence on case " + of.caseId;
    StringBuilder page = new StringBuilder(Html.head(title));
    page.append("<h1>").append(Html.escape(title)).append("</h1>");
    page.append(
        "<p class=\"lead\">Each decision below was made again from the archive alone, by what was in"
            + " force at its effective time, and compared bit for bit.</p>");
    page.append(
        "<table><tr><th>transaction</th><th>effective time</th><th>amount, minor units</th>"
            + "<th>outcome</th><th>made again</th><th>proof</th></tr>");
    for (Piece piece : pieces) {
      Decision decision = piece.decision;
      page.append(
          "<tr><td><a href=\"%s\">%s</a></td><td>%s</td><td>%,d %s</td><td>%s</td><td>%s</td><td>%s</td></tr>"
              .formatted(
                  piece.page,
                  Html.escape(decision.getTransaction().getTransactionId()),
                  Instant.ofEpochMilli(decision.getEffectiveTime()),
                  decision.getTransaction().getBillingAmountMinor(),
                  Html.escape(decision.getTransaction().getBillingCurrency()),
                  decision.getOutcome(),
                  piece.again,
                  piece.proof == null
                      ? "none"
                      : "<a href=\"%s\">%s</a>".formatted(piece.proof, piece.proof)));
    }
    page.append("</table><h2>How to check it</h2><ul>");
    page.append(
        "<li>A proof holds the decision's bytes and the way from them to a signed head of the log:"
            + " <code>vigil audit verify --proof decision-01.proof --key KEY.vkey</code>. The key"
            + " comes from whoever runs the job, by another way than this package.</li>");
    page.append(
        head
            ? "<li><code>head.note</code> is the newest head when this was written. Compare it with"
                + " heads that were anchored elsewhere: <code>vigil audit verify --archive DIR"
                + " --key KEY.vkey --anchor NOTE</code>.</li>"
            : "<li>The job that wrote the archive signed no heads (vigil.proof.key): nothing here is"
                + " proved to be complete or unchanged.</li>");
    page.append(
        "<li>To make a decision again: <code>vigil replay --archive DIR --decision ID</code>.</li>");
    return page.append("</ul></main></body></html>\n").toString();
  }
}
