package io.vigil.console.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.HttpStatus;
import io.javalin.http.SameSite;
import io.vigil.console.Refusal;
import io.vigil.console.access.People;
import io.vigil.console.oidc.OidcSignIn;
import org.jspecify.annotations.Nullable;

/** Sign-in by a provider: two requests that browsers make by themselves. Thread-safe. */
public final class OidcRoutes {

  private static final int MAX_AGE_S = 600;

  /**
   * Moves on by itself. The browser came here from another site, where it keeps the session's
   * strict cookie to itself; from this page on it is at home. It also leaves the code behind.
   */
  private static final String HOP =
      """
      <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Vigil</title>\
      <meta http-equiv="refresh" content="0; url=/"></head><body><a href="/">Vigil</a></body></html>
      """;

  private final @Nullable OidcSignIn signIn;
  private final Guard guard;
  private final boolean secure;
  private final String cookie;

  /**
   * @param signIn null when no provider is configured
   * @param secure whether browsers reach the console by https
   */
  public OidcRoutes(@Nullable OidcSignIn signIn, Guard guard, boolean secure) {
    this.signIn = signIn;
    this.guard = guard;
    this.secure = secure;
    // With this prefix no other host of the domain can plant one.
    this.cookie = secure ? "__Host-vigil_oidc" : "vigil_oidc";
  }

  /** Whether there is a provider. */
  boolean available() {
    return signIn != null;
  }

  void register(RoutesConfig routes) {
    routes.get("/api/oidc/start", this::start);
    routes.get("/api/oidc/callback", this::callback);
  }

  private void start(Context context) {
    try {
      OidcSignIn.Started started = signIn().start(context.ip());
      remember(context, started.cookie(), MAX_AGE_S);
      context.redirect(started.to().toString(), HttpStatus.SEE_OTHER);
    } catch (Refusal e) {
      refused(context, e);
    }
  }

  private void callback(Context context) {
    try {
      OidcSignIn provider = signIn();
      String begun = context.cookie(cookie);
      remember(context, "", 0);
      People.SignedIn signedIn = provider.finish(context.queryParamMap(), begun, context.ip());
      guard.keep(context, signedIn.cookie());
      context.contentType("text/html; charset=utf-8").result(HOP);
    } catch (Refusal e) {
      refused(context, e);
    }
  }

  private OidcSignIn signIn() {
    if (signIn == null) {
      throw new Refusal(Refusal.Kind.NOT_FOUND, "oidc_none", "no provider is configured");
    }
    return signIn;
  }

  private static void refused(Context context, Refusal refusal) {
    context.redirect("/sign-in?error=" + refusal.code(), HttpStatus.SEE_OTHER);
  }

  private void remember(Context context, String value, int maxAgeS) {
    context.cookie(new Cookie(cookie, value, "/", maxAgeS, secure, true, null, SameSite.LAX));
  }
}
