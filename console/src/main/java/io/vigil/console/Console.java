package io.vigil.console;

import io.vigil.console.access.AccessLog;
import io.vigil.console.access.Outsiders;
import io.vigil.console.access.People;
import io.vigil.console.access.Role;
import io.vigil.console.cases.CaseRules;
import io.vigil.console.cases.CaseStore;
import io.vigil.console.cases.Claims;
import io.vigil.console.cases.Handling;
import io.vigil.console.cases.Verdicts;
import io.vigil.console.ingest.Ingest;
import io.vigil.console.ingest.Webhook;
import io.vigil.console.metrics.ConsoleMetrics;
import io.vigil.console.metrics.MetricsServer;
import io.vigil.console.oidc.OidcSignIn;
import io.vigil.console.store.Database;
import io.vigil.console.store.LocalPostgres;
import io.vigil.console.store.Sealing;
import io.vigil.console.view.AccessView;
import io.vigil.console.view.CaseDetails;
import io.vigil.console.view.Emergencies;
import io.vigil.console.view.LeadView;
import io.vigil.console.view.QueueView;
import io.vigil.console.view.Records;
import io.vigil.console.view.Surroundings;
import io.vigil.console.web.Api;
import io.vigil.console.web.Guard;
import io.vigil.console.web.LiveEvents;
import io.vigil.console.web.OidcRoutes;
import io.vigil.console.web.ScoringClient;
import io.vigil.console.web.Server;
import io.vigil.schema.vault.LocalKeyService;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The console as a whole: every part made and tied to the others, once. */
public final class Console implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Console.class);
  private static final long WAKE_MS = 1_000;

  /** Closed last to first. */
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private final Server server;
  private final @Nullable MetricsServer metricsServer;
  private final List<String> welcomed = new ArrayList<>();

  /** A person who is to be there. */
  public record Newcomer(String name, Role role, String oneTimePassword) {}

  /** What the settings' file must not hold; each null when there is none. */
  public record Secrets(
      @Nullable String databasePassword,
      @Nullable String webhookKey,
      @Nullable String scoring,
      @Nullable String oidc) {}

  /**
   * Starts everything.
   *
   * @throws IOException when the database of its own cannot be started
   * @throws RuntimeException when a database or port cannot be had
   */
  public Console(ConsoleSettings settings, Secrets secrets, List<Newcomer> newcomers, Clock clock)
      throws IOException {
    this(settings, secrets, newcomers, clock, true);
  }

  /**
   * @param streams false to leave the topics alone, for tests that put cases into the database
   *     themselves
   */
  Console(
      ConsoleSettings settings,
      Secrets secrets,
      List<Newcomer> newcomers,
      Clock clock,
      boolean streams)
      throws IOException {
    try {
      String url = settings.databaseUrl();
      String user = settings.databaseUser();
      if (url == null && settings.databaseDir() != null) {
        LocalPostgres postgres = keep(LocalPostgres.start(settings.databaseDir()));
        url = postgres.url();
        user = postgres.user();
      }
      if (url == null) {
        throw new IllegalArgumentException("neither a database nor a directory for one is named");
      }
      Database database = keep(Database.open(url, user, secrets.databasePassword()));
      CaseRules standard = CaseRules.standard(settings.baseCurrency());
      CaseRules rules =
          new CaseRules(
              settings.baseCurrency(),
              settings.fourEyesAmountMinor(),
              settings.fourEyesAlerts(),
              settings.sla(),
              standard.boostDoubling(),
              standard.undo(),
              standard.hold(),
              standard.accountWindow(),
              standard.linkWindow(),
              standard.unremarkable(),
              standard.trustedADay());
      Sealing sealing = sealing(settings.vault(), clock);
      CaseStore store = new CaseStore(rules, clock, sealing);
      AccessLog log = new AccessLog(database);
      People people = new People(database, clock, log);
      for (Newcomer each : newcomers) {
        if (people.bootstrap(each.name(), each.role(), each.oneTimePassword())) {
          welcomed.add(each.name());
        }
      }
      Claims claims = new Claims(database, store);
      Handling handling = new Handling(database, store, claims);
      Supplier<Map<String, Long>> lag = Map::of;
      if (streams) {
        lag = keep(new Ingest(database, store, settings.kafka(), settings.kept(), clock))::lag;
      }
      if (settings.webhook() != null) {
        String key = secrets.webhookKey();
        keep(
            Webhook.start(
                database,
                settings.webhook(),
                key == null ? null : key.getBytes(StandardCharsets.UTF_8),
                clock));
      }
      wake(handling);
      LiveEvents live = keep(new LiveEvents(url, user, secrets.databasePassword()));
      URI publicUrl = settings.publicUrl();
      boolean secure = publicUrl != null && "https".equals(publicUrl.getScheme());
      Guard guard = new Guard(people, log, secure);
      OidcSignIn signIn =
          settings.oidc() == null
              ? null
              : new OidcSignIn(
                  settings.oidc(), secrets.oidc(), new Outsiders(database, clock, log), clock);
      Api api =
          new Api(
              new Api.Parts(
                  rules,
                  people,
                  log,
                  guard,
                  new OidcRoutes(signIn, guard, secure),
                  new QueueView(database, rules, clock, sealing),
                  new CaseDetails(database, rules, clock, sealing),
                  new Surroundings(database, rules, clock),
                  new Records(database),
                  new Emergencies(database),
                  new LeadView(database, rules, clock),
                  new AccessView(database, log, sealing),
                  claims,
                  new Verdicts(database, store, claims),
                  handling,
                  new ScoringClient(
                      settings.scoring(), secrets.scoring() == null ? "" : secrets.scoring()),
                  live,
                  lag,
                  database::answers));
      ConsoleMetrics metrics = new ConsoleMetrics(database, lag, clock);
      metricsServer =
          settings.metrics() == null
              ? null
              : keep(new MetricsServer(settings.metrics(), metrics, database::answers));
      server =
          keep(
              new Server(
                  settings.host(),
                  settings.port(),
                  publicUrl == null ? Set.of() : Set.of(publicUrl.getAuthority()),
                  api,
                  metrics::answered));
      // First of all: the server waits for whoever it still serves, and pages listen until told.
      keep(live);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  private Sealing sealing(@Nullable Path vault, Clock clock) {
    return vault == null
        ? Sealing.none()
        : Sealing.of(
            keep(
                Vault.open(vault, LocalKeyService.load(System.getenv(), vault, LOG::info), clock)));
  }

  private void wake(Handling handling) {
    ScheduledExecutorService clockwork =
        Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "wake"));
    keep(clockwork::shutdownNow);
    var unused =
        clockwork.scheduleWithFixedDelay(
            () -> {
              try {
                handling.wake();
              } catch (RuntimeException e) {
                LOG.warn("cases that are due could not be opened, trying again", e);
              }
            },
            WAKE_MS,
            WAKE_MS,
            TimeUnit.MILLISECONDS);
  }

  /** The port that it listens at. */
  public int port() {
    return server.port();
  }

  /** The port of its metrics; 0 when it shows none. */
  public int metricsPort() {
    return metricsServer == null ? 0 : metricsServer.port();
  }

  /** Those of the newcomers whose one-time password is good. */
  public List<String> welcomed() {
    return List.copyOf(welcomed);
  }

  /** Stops everything, in the reverse order of its start. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        LOG.warn("a part could not be closed", e);
      }
    }
  }

  static List<Newcomer> newcomers(@Nullable String text) {
    List<Newcomer> newcomers = new ArrayList<>();
    if (text != null && !text.isBlank()) {
      for (String each : text.split(",", -1)) {
        String[] fields = each.split(":", 3);
        if (fields.length != 3) {
          throw new IllegalArgumentException(
              "VIGIL_CONSOLE_PEOPLE: expected NAME:ROLE:PASSWORD, separated by commas");
        }
        newcomers.add(new Newcomer(fields[0], Role.of(fields[1]), fields[2]));
      }
    }
    return newcomers;
  }

  static Secrets secrets(Map<String, String> environment) {
    return new Secrets(
        environment.get("VIGIL_DATABASE_PASSWORD"),
        environment.get("VIGIL_WEBHOOK_KEY"),
        environment.get("VIGIL_SCORING_SECRET"),
        environment.get("VIGIL_OIDC_SECRET"));
  }
}
