package io.vigil.console.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.vigil.console.Refusal;
import io.vigil.console.access.AccessLog;
import io.vigil.console.access.People;
import io.vigil.console.access.Role;
import io.vigil.console.access.Session;
import io.vigil.console.cases.CaseRules;
import io.vigil.console.cases.Claims;
import io.vigil.console.cases.Handling;
import io.vigil.console.cases.Team;
import io.vigil.console.cases.Verdict;
import io.vigil.console.cases.VerdictRequest;
import io.vigil.console.cases.Verdicts;
import io.vigil.console.view.AccessView;
import io.vigil.console.view.CaseDetails;
import io.vigil.console.view.Emergencies;
import io.vigil.console.view.LeadView;
import io.vigil.console.view.QueueView;
import io.vigil.console.view.Records;
import io.vigil.console.view.Surroundings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The routes of openapi.yaml: each says who may use it, and what it does in one place. */
public final class Api {

  private static final int PAGE = 50;
  private static final int PAGE_MOST = 200;
  private static final int WORDS = 200;
  private static final int PREFERENCES = 8_000;
  private static final int DAYS = 14;
  private static final int DAYS_MOST = 90;

  /**
   * What the routes lead to.
   *
   * @param lag records of each topic that are not stored yet
   */
  public record Parts(
      CaseRules rules,
      People people,
      AccessLog log,
      Guard guard,
      OidcRoutes oidc,
      QueueView queue,
      CaseDetails details,
      Surroundings surroundings,
      Records records,
      Emergencies emergencies,
      LeadView lead,
      AccessView access,
      Claims claims,
      Verdicts verdicts,
      Handling handling,
      ScoringClient scoring,
      LiveEvents live,
      Supplier<Map<String, Long>> lag,
      Supplier<Boolean> databaseAnswers) {}

  private final Parts parts;

  public Api(Parts parts) {
    this.parts = parts;
  }

  void register(RoutesConfig routes) {
    session(routes);
    parts.oidc().register(routes);
    queue(routes);
    cases(routes);
    decide(routes);
    lead(routes);
    people(routes);
  }

  private void session(RoutesConfig routes) {
    Guard guard = parts.guard();
    record SignIn(@Nullable String name, @Nullable String password) {}
    routes.post(
        "/api/session",
        context -> {
          guard.refuseOtherOrigins(context, null);
          SignIn body = Json.body(context, SignIn.class);
          if (body.name() == null || body.password() == null) {
            throw bad("expected name and password");
          }
          var signedIn = parts.people().signIn(body.name(), body.password(), context.ip());
          if (signedIn.isEmpty()) {
            Server.fail(context, 401, "sign_in_failed", "name or password is wrong");
            return;
          }
          guard.keep(context, signedIn.get().cookie());
          Json.answer(context, describe(signedIn.get().session()));
        });
    routes.get(
        "/api/session",
        context -> {
          Session session = guard.sessionOrNull(context);
          if (session == null) {
            context.status(401);
            Json.answer(
                context,
                Map.of(
                    "error",
                    "not_signed_in",
                    "message",
                    "nobody is signed in",
                    "oidc",
                    parts.oidc().available()));
          } else {
            Json.answer(context, describe(session));
          }
        });
    routes.delete(
        "/api/session",
        guard.signed(
            (context, session) -> {
              parts.people().signOut(session, context.ip());
              guard.forget(context);
              context.status(204);
            }));
    record Choice(@Nullable String current, @Nullable String password) {}
    routes.post(
        "/api/password",
        guard.signed(
            (context, session) -> {
              Choice body = Json.body(context, Choice.class);
              var signedIn =
                  parts.people().choose(session, body.current(), body.password(), context.ip());
              guard.keep(context, signedIn.cookie());
              Json.answer(context, describe(signedIn.session()));
            }));
    routes.get(
        "/api/preferences",
        guard.only(
            Guard.ALL,
            (context, session) ->
                context
                    .contentType("application/json; charset=utf-8")
                    .result(parts.people().preferences(session))));
    routes.put(
        "/api/preferences",
        guard.only(
            Guard.ALL,
            (context, session) -> {
              JsonNode body = Json.body(context, JsonNode.class);
              String text = Json.text(body);
              if (!body.isObject() || text.length() > PREFERENCES) {
                throw bad("expected an object of at most " + PREFERENCES + " characters");
              }
              parts.people().prefer(session, text.replace("\\u0000", ""));
              context.status(204);
            }));
    routes.get(
        "/health",
        context -> {
          boolean well = parts.databaseAnswers().get();
          context.status(well ? 200 : 503);
          Json.answer(
              context, Map.of("status", well ? "well" : "no_database", "lag", parts.lag().get()));
        });
  }

  private ObjectNode describe(Session session) {
    ObjectNode answer = io.vigil.console.cases.CaseEvents.JSON.createObjectNode();
    answer.put("name", session.person());
    answer.put("role", session.role().wire());
    answer.put("csrf", session.csrf());
    answer.put("must_change_password", session.oneTime());
    answer.put("oidc", session.oidc());
    answer.put("base_currency", parts.rules().baseCurrency());
    answer
        .putObject("four_eyes")
        .put("amount_minor", parts.rules().fourEyesAmountMinor())
        .put("alerts", parts.rules().fourEyesAlerts());
    answer.put("undo_s", parts.rules().undo().toSeconds());
    return answer;
  }

  private void queue(RoutesConfig routes) {
    Guard guard = parts.guard();
    routes.get(
        "/api/queue",
        guard.only(
            Guard.ALL,
            (context, session) ->
                Json.answer(
                    context,
                    parts
                        .queue()
                        .page(
                            filter(context, session),
                            context.queryParam("after"),
                            number(context, "limit", PAGE, PAGE_MOST)))));
    routes.get(
        "/api/emergencies",
        guard.only(
            Guard.ALL,
            (context, session) ->
                Json.answer(context, Map.of("emergencies", parts.emergencies().unreviewed()))));
    routes.get(
        "/api/queue/facets",
        guard.only(Guard.ALL, (context, session) -> Json.answer(context, parts.queue().counts())));
    routes.get(
        "/api/queue/new",
        guard.only(
            Guard.ALL,
            (context, session) ->
                Json.answer(
                    context,
                    Map.of(
                        "count",
                        parts
                            .queue()
                            .countNew(
                                filter(context, session),
                                QueueView.instant(context.queryParam("since"), "since"))))));
    record Wanted(@Nullable Team team, @Nullable String kind) {}
    routes.post(
        "/api/queue/next",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              Wanted body = Json.body(context, Wanted.class);
              var next = parts.claims().next(session.person(), body.team(), body.kind());
              if (next.isPresent()) {
                Json.answer(context, Map.of("case_id", next.get()));
              } else {
                context.status(204);
              }
            }));
    routes.get(
        "/api/events",
        guard.only(
            Guard.ALL,
            (context, session) -> {
              String cookie = context.cookie("vigil_session");
              parts.live().serve(context.res(), () -> parts.people().session(cookie).isPresent());
            }));
  }

  private QueueView.Filter filter(Context context, Session session) {
    String words = context.queryParam("q");
    if (words != null && words.length() > WORDS) {
      throw bad("q: expected at most " + WORDS + " characters");
    }
    String status = context.queryParam("status");
    boolean search = words != null && !words.isBlank();
    return new QueueView.Filter(
        optional(context, "team", Team::of),
        blankToNull(context.queryParam("kind")),
        status != null && !status.isEmpty() ? status : search ? "all" : "open",
        "true".equals(context.queryParam("mine")) ? session.person() : null,
        search ? words.replace("\0", "") : null);
  }

  private void cases(RoutesConfig routes) {
    Guard guard = parts.guard();
    routes.get(
        "/api/cases/{id}",
        guard.only(
            Guard.ALL,
            (context, session) -> {
              long id = id(context);
              CaseDetails.Detail detail = parts.details().read(id, revealed(session, id));
              parts.log().log(session, "read_case", id, null, context.ip());
              Json.answer(context, detail);
            }));
    routes.get(
        "/api/cases/{id}/timeline",
        guard.only(
            Guard.ALL,
            (context, session) ->
                Json.answer(
                    context,
                    Map.of(
                        "rows",
                        parts
                            .surroundings()
                            .timeline(id(context), revealed(session, id(context)))))));
    routes.get(
        "/api/cases/{id}/rows",
        guard.only(
            Guard.ALL,
            (context, session) ->
                Json.answer(
                    context,
                    parts
                        .surroundings()
                        .rows(
                            id(context),
                            required(context, "alert"),
                            required(context, "reason"),
                            revealed(session, id(context))))));
    routes.get(
        "/api/cases/{id}/links",
        guard.only(
            Guard.ALL,
            (context, session) ->
                Json.answer(
                    context,
                    parts.surroundings().links(id(context), revealed(session, id(context))))));
    routes.get(
        "/api/cases/{id}/similar",
        guard.only(
            Guard.ALL,
            (context, session) ->
                Json.answer(context, Map.of("cases", parts.surroundings().similar(id(context))))));
    routes.get(
        "/api/cases/{id}/records/{transaction}",
        guard.only(
            Guard.ALL,
            (context, session) -> {
              long id = id(context);
              String transaction = context.pathParam("transaction");
              byte[] bytes = parts.records().bytes(id, transaction);
              ObjectNode record = parts.records().read(bytes, revealed(session, id));
              JsonNode names = parts.scoring().featureNames(record.path("feature_spec").asText());
              if (names != null) {
                record.set("feature_names", names);
              }
              parts.log().log(session, "read_record", id, transaction, context.ip());
              Json.answer(context, record);
            }));
    record Reason(@Nullable String why) {}
    routes.post(
        "/api/cases/{id}/reveal",
        guard.only(
            Guard.ALL,
            (context, session) -> {
              Reason body = Json.body(context, Reason.class);
              parts.access().reveal(session, id(context), body.why(), context.ip());
              context.status(204);
            }));
    record Question(
        @Nullable String transactionId,
        @Nullable Map<String, String> changes,
        @Nullable String model) {}
    routes.post(
        "/api/cases/{id}/what-if",
        guard.only(
            Guard.ALL,
            (context, session) -> {
              Question body = Json.body(context, Question.class);
              if (body.transactionId() == null) {
                throw bad("transaction_id: expected one of the case, got none");
              }
              Map<String, String> changes = new LinkedHashMap<>();
              if (body.changes() != null) {
                changes.putAll(body.changes());
              }
              long id = id(context);
              JsonNode answer =
                  parts
                      .scoring()
                      .ask(parts.records().bytes(id, body.transactionId()), changes, body.model());
              List<String> fields = new ArrayList<>(changes.keySet());
              parts
                  .handling()
                  .whatIf(session.person(), id, body.transactionId(), fields, body.model());
              Json.answer(context, answer);
            }));
    routes.get(
        "/api/what-if",
        guard.only(Guard.ALL, (context, session) -> Json.answer(context, parts.scoring().offer())));
    routes.post(
        "/api/cases/{id}/claim",
        guard.only(
            Guard.DECIDING,
            (context, session) ->
                Json.answer(
                    context,
                    Map.of("claimed_until", parts.claims().claim(session.person(), id(context))))));
    routes.delete(
        "/api/cases/{id}/claim",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              parts.claims().release(session.person(), id(context));
              context.status(204);
            }));
  }

  private void decide(RoutesConfig routes) {
    Guard guard = parts.guard();
    routes.post(
        "/api/verdicts/preview",
        guard.only(
            Guard.DECIDING,
            (context, session) ->
                Json.answer(
                    context,
                    parts
                        .verdicts()
                        .preview(session.person(), Json.body(context, VerdictRequest.class)))));
    routes.post(
        "/api/verdicts",
        guard.only(
            Guard.DECIDING,
            (context, session) ->
                Json.answer(
                    context,
                    parts
                        .verdicts()
                        .decide(session.person(), Json.body(context, VerdictRequest.class)))));
    routes.delete(
        "/api/verdicts/{verdict}",
        guard.only(
            Guard.DECIDING,
            (context, session) ->
                Json.answer(
                    context,
                    Map.of(
                        "cases",
                        parts
                            .verdicts()
                            .undo(session.person(), uuid(context.pathParam("verdict")))))));
    record Approval(@Nullable Boolean approve, @Nullable String note) {}
    routes.post(
        "/api/cases/{id}/approval",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              Approval body = Json.body(context, Approval.class);
              if (body.approve() == null) {
                throw bad("approve: expected true or false, got none");
              }
              parts.verdicts().approve(session.person(), id(context), body.approve(), body.note());
              again(context, session);
            }));
    record Until(@Nullable Instant until, @Nullable String note, @Nullable Long amountMinor) {}
    routes.post(
        "/api/cases/{id}/wait",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              Until body = Json.body(context, Until.class);
              parts.handling().await(session.person(), id(context), body.until(), body.note());
              again(context, session);
            }));
    routes.post(
        "/api/cases/{id}/snooze",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              Until body = Json.body(context, Until.class);
              parts.handling().snooze(session.person(), id(context), body.until(), body.note());
              again(context, session);
            }));
    routes.post(
        "/api/cases/{id}/trust",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              Until body = Json.body(context, Until.class);
              parts
                  .handling()
                  .trust(
                      session.person(), id(context), body.until(), body.amountMinor(), body.note());
              again(context, session);
            }));
    record Note(@Nullable String note, @Nullable String text) {}
    routes.post(
        "/api/cases/{id}/escalate",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              parts
                  .handling()
                  .escalate(session.person(), id(context), Json.body(context, Note.class).note());
              again(context, session);
            }));
    routes.post(
        "/api/cases/{id}/reopen",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              parts
                  .verdicts()
                  .reopen(
                      session.person(),
                      session.role() == Role.LEAD,
                      id(context),
                      Json.body(context, Note.class).note());
              again(context, session);
            }));
    routes.post(
        "/api/cases/{id}/notes",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              parts
                  .handling()
                  .note(session.person(), id(context), Json.body(context, Note.class).text());
              again(context, session);
            }));
    record Asked(@Nullable String kind) {}
    routes.post(
        "/api/cases/{id}/actions",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              String kind = Json.body(context, Asked.class).kind();
              if (kind == null) {
                throw bad("kind: expected an action, got none");
              }
              parts.verdicts().act(session.person(), id(context), kind);
              again(context, session);
            }));
  }

  private void lead(RoutesConfig routes) {
    Guard guard = parts.guard();
    routes.get(
        "/api/lead",
        guard.only(
            Guard.FIGURES,
            (context, session) ->
                Json.answer(
                    context, parts.lead().figures(number(context, "days", DAYS, DAYS_MOST)))));
    routes.get(
        "/api/lead/decisions.csv",
        guard.only(
            Guard.FIGURES,
            (context, session) -> {
              parts.log().log(session, "exported_decisions", null, null, context.ip());
              context
                  .contentType("text/csv; charset=utf-8")
                  .header("Content-Disposition", "attachment; filename=\"decisions.csv\"")
                  .result(Csv.of(parts.lead().decisions(number(context, "days", DAYS, DAYS_MOST))));
            }));
    routes.get(
        "/api/reviews",
        guard.only(
            Guard.DECIDING,
            (context, session) ->
                Json.answer(context, Map.of("cases", parts.lead().sample(session.person())))));
    record Review(@Nullable Verdict verdict) {}
    routes.post(
        "/api/reviews/{id}",
        guard.only(
            Guard.DECIDING,
            (context, session) -> {
              Verdict verdict = Json.body(context, Review.class).verdict();
              if (verdict == null) {
                throw bad("verdict: expected fraud, genuine or unclear, got none");
              }
              Json.answer(context, parts.lead().review(session.person(), id(context), verdict));
            }));
    routes.get(
        "/api/access",
        guard.only(
            Set.of(Role.AUDITOR, Role.LEAD),
            (context, session) ->
                Json.answer(
                    context,
                    parts
                        .access()
                        .page(
                            optional(context, "case", Long::valueOf),
                            blankToNull(context.queryParam("user")),
                            optional(context, "before", Long::valueOf)))));
  }

  private void people(RoutesConfig routes) {
    Guard guard = parts.guard();
    Set<Role> lead = Set.of(Role.LEAD);
    routes.get(
        "/api/people",
        guard.only(
            lead,
            (context, session) -> Json.answer(context, Map.of("people", parts.people().list()))));
    record Person(@Nullable String name, @Nullable Role role) {}
    routes.post(
        "/api/people",
        guard.only(
            lead,
            (context, session) -> {
              Person body = Json.body(context, Person.class);
              if (body.name() == null || body.role() == null) {
                throw bad("expected name and role");
              }
              String password = parts.people().add(body.name(), body.role());
              parts.log().log(
                  session,
                  "added_person",
                  null,
                  body.name() + " " + body.role().wire(),
                  context.ip());
              Json.answer(context, Map.of("name", body.name(), "one_time_password", password));
            }));
    record Change(@Nullable Role role, @Nullable Boolean active) {}
    routes.put(
        "/api/people/{name}",
        guard.only(
            lead,
            (context, session) -> {
              Change body = Json.body(context, Change.class);
              String name = context.pathParam("name");
              parts.people().change(session, name, body.role(), body.active());
              parts.log().log(session, "changed_person", null, name + " " + body, context.ip());
              context.status(204);
            }));
  }

  private boolean revealed(Session session, long caseId) {
    return parts.access().revealed(session, caseId);
  }

  /** The case after a change. */
  private void again(Context context, Session session) {
    long id = id(context);
    Json.answer(context, parts.details().read(id, revealed(session, id)));
  }

  private static long id(Context context) {
    String text = context.pathParam("id");
    try {
      long id = Long.parseLong(text);
      if (id > 0) {
        return id;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw bad("id: expected the number of a case");
  }

  private static UUID uuid(String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw bad("verdict: expected its id");
    }
  }

  private static int number(Context context, String name, int otherwise, int most) {
    String text = context.queryParam(name);
    if (text == null) {
      return otherwise;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= 1 && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw bad("%s: expected 1 to %d".formatted(name, most));
  }

  private static String required(Context context, String name) {
    String value = context.queryParam(name);
    if (value == null || value.isEmpty()) {
      throw bad(name + ": expected a value, got none");
    }
    return value;
  }

  private static <T> @Nullable T optional(
      Context context, String name, java.util.function.Function<String, T> parse) {
    String text = blankToNull(context.queryParam(name));
    if (text == null) {
      return null;
    }
    try {
      return parse.apply(text.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw bad(name + ": this value is not one of those expected");
    }
  }

  private static @Nullable String blankToNull(@Nullable String text) {
    return text == null || text.isBlank() ? null : text;
  }

  private static Refusal bad(String message) {
    return new Refusal(Refusal.Kind.BAD_REQUEST, "bad_request", message);
  }
}
