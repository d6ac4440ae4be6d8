package io.vigil.cli;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.model.event.Entity;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil archive find}: decisions by transaction or entity. */
@Command(
    name = "find",
    mixinStandardHelpOptions = true,
    description =
        "Finds decisions by transaction or by entity: through the index where there is one.")
final class FindInArchive implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private ArchiveOptions archive = new ArchiveOptions();

  @ArgGroup(multiplicity = "1")
  private Sought sought = new Sought();

  /** By what. */
  private static final class Sought {
    @Option(names = "--transaction", paramLabel = "ID", description = "The transaction's id.")
    private @Nullable String transaction;

    @Option(
        names = "--entity",
        paramLabel = "KIND=KEY",
        description =
            "Such as account=A1: account, card, merchant, terminal, device, ip, counterparty or"
                + " customer.")
    private @Nullable String entity;
  }

  @Override
  public Integer call() {
    ArchiveFolder folder = archive.folder();
    DecisionIndex index = ArchiveOptions.checked(() -> DecisionIndex.of(folder));
    List<Map<String, Object>> found = new ArrayList<>();
    ArchiveOptions.checked(
        () -> {
          find(index, found);
          return 0;
        });
    console
        .out()
        .printf(
            "%d decisions; %d blocks read, %d files without an index%n",
            found.size(), index.blocksRead(), index.filesScanned());
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("decisions", found);
    json.put("blocks_read", index.blocksRead());
    json.put("files_scanned", index.filesScanned());
    console.writeJson(json);
    return 0;
  }

  private void find(DecisionIndex index, List<Map<String, Object>> found) throws IOException {
    if (sought.transaction != null) {
      for (DecisionIndex.Found one : index.find(sought.transaction, archive.from(), archive.to())) {
        add(one, found);
      }
      return;
    }
    String given = String.valueOf(sought.entity);
    int at = given.indexOf('=');
    Entity entity = at < 0 ? null : Entity.byId(given.substring(0, at));
    if (entity == null) {
      throw new CliException(
          "--entity: expected KIND=KEY with a kind of %s, got '%s'"
              .formatted(
                  Arrays.stream(Entity.values()).map(one -> one.field().id()).toList(), given));
    }
    index.findEntity(
        entity, given.substring(at + 1), archive.from(), archive.to(), one -> add(one, found));
  }

  private void add(DecisionIndex.Found found, List<Map<String, Object>> all) {
    Decision decision = found.decision();
    String time = Instant.ofEpochMilli(decision.getEffectiveTime()).toString();
    String id = decision.getTransaction().getTransactionId();
    console
        .out()
        .printf(
            "%s  %s  %-8s %s/%s@%d%n",
            time, id, decision.getOutcome(), found.day(), found.file().name(), found.block());
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("transaction_id", id);
    json.put("effective_time", time);
    json.put("outcome", decision.getOutcome().name());
    json.put("score", Double.isNaN(decision.getScore()) ? null : decision.getScore());
    json.put("fallback_cause", decision.getFallbackCause());
    json.put("day", found.day().toString());
    json.put("file", found.file().name());
    json.put("block", found.block());
    all.add(json);
  }
}
