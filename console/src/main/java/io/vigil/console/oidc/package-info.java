/** Single sign-on: people whom an OpenID provider vouches for. */
@org.jspecify.annotations.NullMarked
package io.vigil.console.oidc;
