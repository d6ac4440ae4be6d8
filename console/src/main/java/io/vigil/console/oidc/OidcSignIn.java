package io.vigil.console.oidc;

import com.nimbusds.oauth2.sdk.AuthorizationResponse;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import io.vigil.console.Refusal;
import io.vigil.console.access.Outsiders;
import io.vigil.console.access.People;
import io.vigil.console.access.Role;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Sign-in by authorization code with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 9700).
 *
 * <p>A sign-in is tied to the browser that began it by one random value in a cookie; state, nonce
 * and code verifier are HMACs of it, so that nothing is kept here between the two requests and any
 * console of several may answer the second. Refusals are logged and counted against the address.
 * Thread-safe.
 */
public final class OidcSignIn {

  private static final int SECRET_BYTES = 32;
  private static final Pattern COOKIE = Pattern.compile("[A-Za-z0-9_-]{43}");

  private final OidcSettings settings;
  private final Provider provider;
  private final Outsiders outsiders;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param secret that the provider gave this console; null for a public client
   */
  public OidcSignIn(
      OidcSettings settings, @Nullable String secret, Outsiders outsiders, Clock clock) {
    this.settings = settings;
    this.provider = new Provider(settings, secret, clock);
    this.outsiders = outsiders;
  }

  /** Where the browser goes next, and what it keeps meanwhile. */
  public record Started(URI to, String cookie) {}

  /**
   * Begins.
   *
   * @throws Refusal {@code oidc_provider}, {@code oidc_throttled}
   */
  public Started start(String address) {
    return logged(
        address,
        () -> {
          byte[] secret = new byte[SECRET_BYTES];
          random.nextBytes(secret);
          String cookie = base64(secret);
          return new Started(
              provider.signInAddress(
                  new State(derive(cookie, "state")),
                  new Nonce(derive(cookie, "nonce")),
                  new CodeVerifier(derive(cookie, "verifier"))),
              cookie);
        });
  }

  /**
   * Ends what this browser began.
   *
   * @param parameters of the address that the provider sent the browser to
   * @param cookie what {@link #start} gave it
   * @throws Refusal {@code oidc_throttled}; {@code oidc_state} when another browser began it, or it
   *     took too long; {@code oidc_refused} by the provider; {@code oidc_provider}, {@code
   *     oidc_code}, {@code oidc_token}; {@code oidc_role} without a role here; {@code oidc_locked}
   */
  public People.SignedIn finish(
      Map<String, List<String>> parameters, @Nullable String cookie, String address) {
    return logged(address, () -> enter(parameters, cookie, address));
  }

  private People.SignedIn enter(
      Map<String, List<String>> parameters, @Nullable String cookie, String address) {
    if (cookie == null || !COOKIE.matcher(cookie).matches()) {
      throw no("oidc_state", "no sign-in began in this browser");
    }
    AuthorizationResponse answer;
    try {
      answer = AuthorizationResponse.parse(settings.redirect(), parameters);
    } catch (ParseException e) {
      throw no("oidc_state", "the address is not that of a sign-in: " + e.getMessage());
    }
    if (answer.getState() == null
        || !MessageDigest.isEqual(
            answer.getState().getValue().getBytes(StandardCharsets.UTF_8),
            derive(cookie, "state").getBytes(StandardCharsets.UTF_8))) {
      throw no("oidc_state", "this is not the sign-in that began in this browser");
    }
    if (answer.getIssuer() != null && !answer.getIssuer().getValue().equals(settings.issuer())) {
      throw no("oidc_token", "another provider answers: " + answer.getIssuer());
    }
    if (!answer.indicatesSuccess()) {
      throw no(
          "oidc_refused",
          "the provider says " + answer.toErrorResponse().getErrorObject().getCode());
    }
    IDTokenClaimsSet claims =
        provider.redeem(
            answer.toSuccessResponse().getAuthorizationCode(),
            new CodeVerifier(derive(cookie, "verifier")),
            new Nonce(derive(cookie, "nonce")));
    String subject = claims.getSubject().getValue();
    String name = claims.getStringClaim("preferred_username");
    Optional<Role> role = RoleClaim.of(claims, settings.roleClaim(), settings.roles());
    if (role.isEmpty()) {
      outsiders.leave(settings.issuer(), subject);
      throw no("oidc_role", "no role here for %s (%s)".formatted(subject, name));
    }
    return outsiders.enter(settings.issuer(), subject, name, role.get(), address);
  }

  @FunctionalInterface
  private interface Step<T> {
    T take();
  }

  private <T> T logged(String address, Step<T> step) {
    try {
      Duration wait = outsiders.waitFor(address);
      if (!wait.isZero()) {
        throw no("oidc_throttled", "too many attempts, %d s to go".formatted(wait.toSeconds() + 1));
      }
      return step.take();
    } catch (Refusal e) {
      outsiders.refused(
          "sign_on_refused",
          e.code() + ": " + e.getMessage(),
          !e.code().equals("oidc_throttled") && !e.code().equals("oidc_provider"),
          address);
      throw e;
    }
  }

  private static Refusal no(String code, String message) {
    return new Refusal(Refusal.Kind.FORBIDDEN, code, message);
  }

  private static String derive(String cookie, String purpose) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(cookie.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
      return base64(mac.doFinal(purpose.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
