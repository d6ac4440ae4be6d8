package io.vigil.cli;

import io.vigil.cli.DeadLetterLedger.Letter;
import io.vigil.schema.DeadLetter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil deadletters}: what could not be decided, and how to try again. */
@Command(
    name = "deadletters",
    mixinStandardHelpOptions = true,
    description = "Lists the records that could not be decided, and publishes them again.",
    subcommands = {DeadLettersCommand.ListCommand.class, DeadLettersCommand.ReplayCommand.class})
final class DeadLettersCommand implements Runnable {

  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    CommandSpec given = spec;
    if (given != null) {
      throw new ParameterException(given.commandLine(), "list or replay is missing");
    }
  }

  /** Which dead letters are meant. */
  static final class Filter {

    @Option(
        names = "--reason",
        paramLabel = "CODE",
        description = "Only those with this reason code.")
    private @Nullable String reason;

    @Option(
        names = "--origin",
        paramLabel = "TOPIC-PARTITION@OFFSET",
        description = "Only the one of that origin.")
    private @Nullable String origin;

    boolean matches(Letter letter) {
      return (reason == null || reason.equals(letter.record().getReason()))
          && (origin == null || origin.equals(letter.origin()));
    }
  }

  /** {@code vigil deadletters list}. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists dead letters: origin, stage, reason, and what was wrong.")
  static final class ListCommand implements Callable<Integer> {

    @Mixin private Console console = new Console();
    @Mixin private BrokerOptions brokers = new BrokerOptions();
    @Mixin private Filter filter = new Filter();

    @Override
    public Integer call() throws InterruptedException {
      List<Letter> letters;
      try (Reach reach = brokers.reach(console)) {
        letters =
            new DeadLetterLedger(reach.brokers())
                .letters().stream().filter(filter::matches).toList();
      }
      Map<String, Integer> reasons = new TreeMap<>();
      for (Letter letter : letters) {
        DeadLetter dead = letter.record();
        reasons.merge(dead.getReason(), 1, Integer::sum);
        console
            .out()
            .println(
                "%s  %s  %s: %s%s%s"
                    .formatted(
                        letter.origin(),
                        dead.getStage(),
                        dead.getReason(),
                        dead.getMessage(),
                        dead.getMasked() ? "  [masked]" : "",
                        letter.replayed() ? "  [replayed]" : ""));
      }
      console.out().println(letters.size() + " dead letters " + reasons);
      console.writeJson(letters.stream().map(ListCommand::json).toList());
      return 0;
    }

    private static Map<String, Object> json(Letter letter) {
      DeadLetter dead = letter.record();
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("origin", letter.origin());
      json.put("append_time", dead.getAppendTime());
      json.put("stage", dead.getStage().name());
      json.put("reason", dead.getReason());
      json.put("message", dead.getMessage());
      json.put("bytes", dead.getValue().remaining());
      json.put("masked", dead.getMasked());
      json.put("replayed", letter.replayed());
      return json;
    }
  }

  /** {@code vigil deadletters replay}. */
  @Command(
      name = "replay",
      mixinStandardHelpOptions = true,
      description = {
        "Publishes dead letters again to the topics they came from, each at most once.",
        "Masked ones are refused: their digits are gone."
      })
  static final class ReplayCommand implements Callable<Integer> {

    @Mixin private Console console = new Console();
    @Mixin private BrokerOptions brokers = new BrokerOptions();
    @Mixin private Filter filter = new Filter();

    @Override
    public Integer call() throws InterruptedException {
      DeadLetterLedger.Outcome outcome;
      try (Reach reach = brokers.reach(console)) {
        DeadLetterLedger ledger = new DeadLetterLedger(reach.brokers());
        List<Letter> letters = ledger.letters().stream().filter(filter::matches).toList();
        if (letters.isEmpty()) {
          throw new CliException("no dead letter matches");
        }
        outcome = ledger.replay(letters);
      }
      outcome.refused().forEach(why -> console.err().println("refused " + why));
      console
          .out()
          .printf(
              "published again %d, published before %d, refused %d%n",
              outcome.published(), outcome.before(), outcome.refused().size());
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("published", outcome.published());
      json.put("published_before", outcome.before());
      json.put("refused", outcome.refused());
      console.writeJson(json);
      return outcome.refused().isEmpty() ? 0 : 1;
    }
  }
}
