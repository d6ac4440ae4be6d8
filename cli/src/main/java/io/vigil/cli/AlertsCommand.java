package io.vigil.cli;

import io.vigil.job.Topics;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Reason;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code vigil alerts}: the alerts of the local stack. */
@Command(
    name = "alerts",
    mixinStandardHelpOptions = true,
    description = "Prints the alerts of the local stack, with their reasons.")
final class AlertsCommand implements Callable<Integer> {

  @Mixin private Console console = new Console();
  @Mixin private BrokerOptions brokers = new BrokerOptions();

  @Option(names = "--follow", description = "Goes on with new ones until Ctrl-C.")
  private boolean follow;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "The last N only (default: ${DEFAULT-VALUE}).")
  private int limit;

  private final Codec<AlertRaised> codec = Codec.of(AlertRaised.class);
  private final Set<String> seen = new HashSet<>();

  @Override
  public Integer call() throws InterruptedException {
    try (Reach reach = brokers.reach(console);
        TopicReader reader = new TopicReader(reach.brokers(), List.of(Topics.CASES))) {
      Deque<AlertRaised> last = new ArrayDeque<>();
      reader.read(
          false,
          entry -> {
            AlertRaised alert = alert(entry);
            if (seen.add(alert.getAlertId())) {
              last.addLast(alert);
              if (last.size() > limit) {
                last.removeFirst();
              }
            }
            return true;
          });
      last.forEach(this::print);
      int shown = last.size();
      if (seen.isEmpty()) {
        console.out().println("no alerts yet");
      } else if (shown < seen.size()) {
        console.out().printf("%,d of %,d alerts; --limit shows more%n", shown, seen.size());
      }
      console.out().flush();
      console.writeJson(last.stream().map(AlertsCommand::json).toList());
      if (follow) {
        reader.read(
            true,
            entry -> {
              AlertRaised alert = alert(entry);
              if (seen.add(alert.getAlertId())) {
                print(alert);
                console.out().flush();
              }
              return true;
            });
      }
      return 0;
    }
  }

  private AlertRaised alert(ConsumerRecord<byte[], byte[]> entry) {
    try {
      return codec.decode(entry.value());
    } catch (DecodeException e) {
      throw new CliException(
          "%s-%d@%d: %s"
              .formatted(entry.topic(), entry.partition(), entry.offset(), e.getMessage()),
          e);
    }
  }

  private void print(AlertRaised alert) {
    console.out().println(AlertText.full(alert));
    console.out().println();
  }

  private static Map<String, Object> json(AlertRaised alert) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("alert_id", alert.getAlertId());
    json.put("case_id", alert.getCaseId());
    json.put("transaction_id", alert.getTransaction().getTransactionId());
    json.put("account", alert.getTransaction().getAccount());
    json.put("event_time", alert.getTransaction().getEventTime());
    json.put("amount_minor", alert.getTransaction().getAmountMinor());
    json.put("currency", alert.getTransaction().getCurrency());
    json.put("merchant", alert.getTransaction().getMerchant());
    json.put("outcome", alert.getOutcome().name());
    json.put("score", Double.isNaN(alert.getScore()) ? null : alert.getScore());
    json.put("expected_loss_minor", alert.getExpectedLossMinor());
    json.put("base_currency", alert.getBaseCurrency());
    json.put("reasons", texts(alert, reason -> !AlertText.speaksAgainst(reason)));
    json.put("counter_reasons", texts(alert, AlertText::speaksAgainst));
    return json;
  }

  private static List<String> texts(AlertRaised alert, Predicate<Reason> which) {
    return alert.getReasons().stream().filter(which).map(Reason::getText).toList();
  }
}
