package io.vigil.console.web;

import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.Handler;
import io.javalin.http.SameSite;
import io.vigil.console.Refusal;
import io.vigil.console.access.AccessLog;
import io.vigil.console.access.People;
import io.vigil.console.access.Role;
import io.vigil.console.access.Session;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets a request through to its handler, or not: who is signed in, whether the request comes from
 * the console's own page, whether the role may do this. What is refused is logged. Thread-safe.
 */
public final class Guard {

  static final Set<Role> ALL = Set.of(Role.values());
  static final Set<Role> DECIDING = Set.of(Role.ANALYST, Role.LEAD);
  static final Set<Role> FIGURES = Set.of(Role.LEAD, Role.ENGINEER, Role.AUDITOR);

  private static final String COOKIE = "vigil_session";
  private static final String CSRF = "X-CSRF-Token";
  private static final int MAX_AGE_S = 12 * 3_600;

  private final People people;
  private final AccessLog log;
  private final boolean secure;

  /**
   * @param secure whether browsers reach the console by https
   */
  public Guard(People people, AccessLog log, boolean secure) {
    this.people = people;
    this.log = log;
    this.secure = secure;
  }

  /** What a handler does for somebody who is signed in. */
  @FunctionalInterface
  interface Signed {
    void handle(Context context, Session session) throws Exception;
  }

  /** For these roles only, and never for a one-time password's session. */
  Handler only(Set<Role> roles, Signed handler) {
    return context -> {
      Session session = session(context);
      if (session.oneTime()) {
        throw refuse(context, session, "password_due", "choose a password of your own first");
      }
      if (!roles.contains(session.role())) {
        throw refuse(
            context,
            session,
            "role",
            "the role %s may not do this".formatted(session.role().wire()));
      }
      try {
        handler.handle(context, session);
      } catch (Refusal e) {
        // Such as approving one's own verdict: the role may, this person may not.
        if (e.kind() == Refusal.Kind.FORBIDDEN) {
          throw refuse(context, session, e.code(), e.getMessage());
        }
        throw e;
      }
    };
  }

  /** For everybody who is signed in, also by a one-time password. */
  Handler signed(Signed handler) {
    return context -> handler.handle(context, session(context));
  }

  /** The session, when the request is one of the console's own page. */
  private Session session(Context context) {
    Session session = people.session(context.cookie(COOKIE)).orElseThrow(Guard::notSignedIn);
    String method = context.method().name();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      refuseOtherOrigins(context, session);
      String token = context.header(CSRF);
      if (token == null
          || !MessageDigest.isEqual(
              token.getBytes(StandardCharsets.UTF_8),
              session.csrf().getBytes(StandardCharsets.UTF_8))) {
        throw refuse(context, session, "csrf", "header " + CSRF + " is missing or wrong");
      }
    }
    return session;
  }

  /** The session, if there is one; for what tells whether there is. */
  @Nullable Session sessionOrNull(Context context) {
    return people.session(context.cookie(COOKIE)).orElse(null);
  }

  /** A page of another site may not send anything here, not even a sign-in. */
  void refuseOtherOrigins(Context context, @Nullable Session session) {
    String origin = context.header("Origin");
    if (origin == null) {
      return;
    }
    String host = context.header("Host");
    String authority;
    try {
      authority = URI.create(origin).getAuthority();
    } catch (IllegalArgumentException e) {
      authority = null;
    }
    if (authority == null || !authority.equals(host)) {
      throw refuse(context, session, "origin", "the request comes from another site");
    }
  }

  private Refusal refuse(
      Context context, @Nullable Session session, String code, @Nullable String message) {
    log.log(
        session,
        "refused_" + code,
        caseId(context),
        context.method() + " " + context.path(),
        context.ip());
    return new Refusal(Refusal.Kind.FORBIDDEN, code, message == null ? code : message);
  }

  private static @Nullable Long caseId(Context context) {
    try {
      String path = context.path();
      String prefix = "/api/cases/";
      return path.startsWith(prefix)
          ? Long.valueOf(path.substring(prefix.length()).split("/", 2)[0])
          : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Nobody is signed in; HTTP status 401. */
  static final class NotSignedIn extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotSignedIn() {
      super("nobody is signed in", null, false, false);
    }
  }

  private static NotSignedIn notSignedIn() {
    return new NotSignedIn();
  }

  void keep(Context context, String cookie) {
    context.cookie(new Cookie(COOKIE, cookie, "/", MAX_AGE_S, secure, true, null, SameSite.STRICT));
  }

  void forget(Context context) {
    context.cookie(new Cookie(COOKIE, "", "/", 0, secure, true, null, SameSite.STRICT));
  }
}
