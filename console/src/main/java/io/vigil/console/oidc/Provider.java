package io.vigil.console.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.GeneralException;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenErrorResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.claims.AuthorizedParty;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import io.vigil.console.Refusal;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The OpenID provider: where it is found, what it is sent, and whether what it answers can be
 * trusted. Asks it no sooner than somebody signs in, so that the console starts without it.
 * Thread-safe.
 */
final class Provider {

  private static final int CONNECT_MS = 3_000;
  private static final int READ_MS = 5_000;
  private static final int WAIT_MS = 1_000;
  private static final int KEYS_BYTES = 200_000;
  private static final int SKEW_S = 60;
  private static final Duration FRESH = Duration.ofHours(1);
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** Signatures by keys that the provider alone has: no {@code none}, no shared secrets. */
  private static final Set<JWSAlgorithm> SIGNATURES =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private final OidcSettings settings;
  private final @Nullable String secret;
  private final Clock clock;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile @Nullable Known known;
  private volatile Instant retryAt = Instant.MIN;

  /**
   * @param secret what this console proves itself with; null when the provider knows it as a public
   *     client
   */
  Provider(OidcSettings settings, @Nullable String secret, Clock clock) {
    this.settings = settings;
    this.secret = secret;
    this.clock = clock;
  }

  private record Known(OIDCProviderMetadata metadata, IDTokenValidator validator, Instant until) {}

  /**
   * Where a browser is sent to sign in.
   *
   * @throws Refusal {@code oidc_provider} when the provider does not answer
   */
  URI signInAddress(State state, Nonce nonce, CodeVerifier verifier) {
    return new AuthenticationRequest.Builder(
            ResponseType.CODE,
            new Scope(settings.scopes().toArray(String[]::new)),
            new ClientID(settings.clientId()),
            settings.redirect())
        .endpointURI(known().metadata().getAuthorizationEndpointURI())
        .state(state)
        .nonce(nonce)
        .codeChallenge(verifier, CodeChallengeMethod.S256)
        .build()
        .toURI();
  }

  /**
   * Exchanges a code for an ID token, and checks it: signature, issuer, audience, times, nonce.
   *
   * @throws Refusal {@code oidc_provider} when the provider does not answer, {@code oidc_code} when
   *     it does not take the code, {@code oidc_token} when its answer cannot be trusted
   */
  IDTokenClaimsSet redeem(AuthorizationCode code, CodeVerifier verifier, Nonce nonce) {
    Known provider = known();
    TokenResponse answer;
    try {
      AuthorizationGrant grant = new AuthorizationCodeGrant(code, settings.redirect(), verifier);
      HTTPRequest request = tokenRequest(provider.metadata(), grant).toHTTPRequest();
      request.setConnectTimeout(CONNECT_MS);
      request.setReadTimeout(READ_MS);
      request.setFollowRedirects(false);
      answer = OIDCTokenResponseParser.parse(request.send());
    } catch (IOException e) {
      throw away("the provider did not exchange the code: " + e.getMessage());
    } catch (ParseException e) {
      throw untrusted("the provider's answer to the code is no token: " + e.getMessage());
    }
    if (answer instanceof TokenErrorResponse error) {
      throw new Refusal(
          Refusal.Kind.FORBIDDEN,
          "oidc_code",
          "the provider refused the code: " + error.getErrorObject().getCode());
    }
    JWT token = ((OIDCTokenResponse) answer.toSuccessResponse()).getOIDCTokens().getIDToken();
    if (!(token instanceof SignedJWT)) {
      throw untrusted("the ID token is not signed");
    }
    try {
      IDTokenClaimsSet claims = provider.validator().validate(token, nonce);
      checkFurther(claims);
      return claims;
    } catch (BadJOSEException e) {
      throw untrusted(e.getMessage());
    } catch (JOSEException e) {
      throw untrusted("the ID token could not be checked: " + e.getMessage());
    }
  }

  /**
   * What the library's validator leaves to its caller: {@code azp} (Core 3.1.3.7, points 4 and 5)
   * and {@code nbf} (RFC 7519, 4.1.5).
   */
  private void checkFurther(IDTokenClaimsSet claims) {
    AuthorizedParty party = claims.getAuthorizedParty();
    if (party == null
        ? claims.getAudience().size() > 1
        : !party.getValue().equals(settings.clientId())) {
      throw untrusted("the ID token was given to another client: " + party);
    }
    Date notBefore = claims.getDateClaim("nbf");
    if (notBefore != null && notBefore.toInstant().isAfter(clock.instant().plusSeconds(SKEW_S))) {
      throw untrusted("the ID token is good from " + notBefore.toInstant() + " on");
    }
  }

  private TokenRequest tokenRequest(OIDCProviderMetadata metadata, AuthorizationGrant grant) {
    URI endpoint = metadata.getTokenEndpointURI();
    ClientID client = new ClientID(settings.clientId());
    if (secret == null) {
      return new TokenRequest.Builder(endpoint, client, grant).build();
    }
    List<ClientAuthenticationMethod> methods = metadata.getTokenEndpointAuthMethods();
    boolean post =
        methods != null
            && methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_POST)
            && !methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_BASIC);
    return new TokenRequest.Builder(
            endpoint,
            post
                ? new ClientSecretPost(client, new Secret(secret))
                : new ClientSecretBasic(client, new Secret(secret)),
            grant)
        .build();
  }

  /**
   * What the provider says about itself, asked again each hour; the old answer does meanwhile. One
   * request asks, others wait for it for a moment at most: a provider that hangs holds up no more.
   */
  private Known known() {
    Known before = known;
    if (before != null && clock.instant().isBefore(before.until())) {
      return before;
    }
    if (!lock()) {
      if (before != null) {
        return before;
      }
      throw away("the provider is being asked and has not answered yet");
    }
    try {
      return ask();
    } finally {
      asking.unlock();
    }
  }

  private boolean lock() {
    try {
      return asking.tryLock(WAIT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private Known ask() {
    Known before = known;
    Instant now = clock.instant();
    if (before != null && now.isBefore(before.until())) {
      return before;
    }
    if (now.isBefore(retryAt)) {
      throw away("the provider did not answer a moment ago");
    }
    try {
      Known found = discover(now.plus(FRESH));
      known = found;
      return found;
    } catch (GeneralException | IOException | IllegalArgumentException e) {
      Instant later = clock.instant().plus(PAUSE);
      if (before != null) {
        known = new Known(before.metadata(), before.validator(), later);
        return before;
      }
      retryAt = later;
      throw away("the provider's configuration cannot be had: " + e.getMessage());
    }
  }

  private Known discover(Instant until) throws GeneralException, IOException {
    Issuer issuer = new Issuer(settings.issuer());
    OIDCProviderMetadata metadata = OIDCProviderMetadata.resolve(issuer, CONNECT_MS, READ_MS);
    if (metadata.getAuthorizationEndpointURI() == null || metadata.getTokenEndpointURI() == null) {
      throw new GeneralException("expected authorization_endpoint and token_endpoint");
    }
    List<JWSAlgorithm> offered = metadata.getIDTokenJWSAlgs();
    Set<JWSAlgorithm> accepted =
        offered == null
            ? Set.of(JWSAlgorithm.RS256)
            : offered.stream().filter(SIGNATURES::contains).collect(Collectors.toSet());
    if (accepted.isEmpty()) {
      throw new GeneralException("no signature that is accepted here, only " + offered);
    }
    // Keys are asked for again when a token names one that is not known, at most twice in 30 s.
    JWKSource<SecurityContext> keys =
        JWKSourceBuilder.create(
                metadata.getJWKSetURI().toURL(),
                new DefaultResourceRetriever(CONNECT_MS, READ_MS, KEYS_BYTES))
            .refreshAheadCache(false)
            .outageTolerant(FRESH.toMillis())
            .retrying(true)
            .build();
    IDTokenValidator validator =
        new IDTokenValidator(
            issuer,
            new ClientID(settings.clientId()),
            new JWSVerificationKeySelector<>(accepted, keys),
            null);
    validator.setMaxClockSkew(SKEW_S);
    return new Known(metadata, validator, until);
  }

  private static Refusal away(String message) {
    return new Refusal(Refusal.Kind.UNAVAILABLE, "oidc_provider", message);
  }

  private static Refusal untrusted(@Nullable String message) {
    return new Refusal(
        Refusal.Kind.FORBIDDEN, "oidc_token", message == null ? "no reason given" : message);
  }
}
