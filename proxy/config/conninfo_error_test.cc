#include "proxy/config/conninfo_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/client/connection.h"

namespace pgtandem::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string sentence_of(const std::string& conninfo) {
  try {
    (void)client::parse_conninfo(conninfo);
  } catch (const std::invalid_argument& e) {
    return conninfo_sentence(e.what());
  }
  ADD_FAILURE() << "libpq takes " << conninfo;
  return "";
}

TEST(conninfo_error, names_what_was_meant) {
  EXPECT_THAT(sentence_of("host=a dbnam=app"), HasSubstr("did you mean \"dbname\"?"));
  EXPECT_THAT(sentence_of("host=a prot=1"), HasSubstr("did you mean \"port\"?"));
}

TEST(conninfo_error, never_repeats_a_password) {
  for (const char* conninfo :
       {"password=top secret", "password=top secret=x", "password='secret", "postgresql://u:secret@[::1/app",
        "postgresql://u:p@h/app?secret", "password=top s\"secret\"", "postgresql://u:%zzsecret@h/app"})
    EXPECT_THAT(sentence_of(conninfo), Not(HasSubstr("secret"))) << conninfo;
}

}  // namespace
}  // namespace pgtandem::proxy
