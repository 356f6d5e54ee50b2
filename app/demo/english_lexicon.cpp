// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/english_rules.h"

namespace featurescope::demo {

const std::string_view kLexiconRules = R"(
document =
  5* {biography}
  5* {town_article}
  3* {river_article}
  3* {mountain_article}
  2* {place_list}
  5* {animal_article}
  2* {tree_article}
  2* {weather_diary}
  4* {kingdom_article}
  4* {battle_article}
  2* {ship_article}
  4* {season_article}
  3* {match_report}
  5* {tale}
  3* {dialogue}
  2* {recipe}
  3* {book_article}
  2* {letter}

# Time
month = January | February | March | April | May | June | July | August | September | October | November | December
weekday = Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Sunday
season_name = spring | summer | autumn | winter
date = {number 1 28} {month}
day_time = morning | afternoon | evening | night
century = {ordinal number 12 20} century
number_word = two | three | four | five | six | seven | eight | nine | ten | twelve | twenty
ordinal_word = first | second | third | fourth | fifth | sixth
often = often | usually | sometimes | always | rarely
later_on = Later | Soon after that | In the following year | Two years later | A few years later | Before long

# Names
male_name = John | William | Henry | Charles | Thomas | George | Robert | Edward | Peter | Paul | Martin | David | Daniel | Samuel | Joseph | Arthur | Hugo | Oscar | Victor | Anton | Karl | Erik | Lars | Pierre | Louis | Marco | Luca | Ivan | Pavel | Mikhail
female_name = Mary | Anna | Elizabeth | Margaret | Alice | Helen | Clara | Emma | Julia | Laura | Rose | Ruth | Sarah | Jane | Ellen | Martha | Agnes | Ida | Ingrid | Astrid | Sofia | Maria | Elena | Irina | Lucia | Camille | Louise | Olga | Nora | Eva
surname = Berg | Moreau | Novak | Silva | Karlsson | Weber | Rossi | Fischer | Petrov | Larsen | Kovacs | Santos | Lind | Adams | Brandt | Costa | Garcia | Holm | Ivanov | Jansen | Keller | Marin | Olsen | Reyes | Stein | Baker | Carter | Cooper | Fletcher | Harris | Hughes | Mason | Miller | Morgan | Palmer | Parker | Shepherd | Smith | Taylor | Turner | Walker | Ward | Wood | Wright | Young
country = England | Scotland | Ireland | France | Spain | Portugal | Italy | Germany | Austria | Hungary | Poland | Russia | Sweden | Norway | Denmark | Finland | Greece | Turkey | Egypt | India | China | Japan | Brazil | Mexico | Canada
city = London | Paris | Rome | Madrid | Lisbon | Vienna | Berlin | Prague | Budapest | Warsaw | Moscow | Stockholm | Oslo | Copenhagen | Athens | Cairo | Dublin | Edinburgh | Venice | Florence | Naples | Hamburg | Munich | Zürich | Geneva
town_start = Ash | Black | Bridge | Brook | Castle | Church | Clear | Cold | Deer | East | Elm | Fair | Green | Hart | High | Kings | Long | Mill | New | North | Oak | Red | Stone | West | White
town_end = ford | ton | bury | field | ham | wick | mouth | bridge | dale | wood | port | well
town_name = {town_start}{town_end}
river_name = Aven | Brea | Calder | Dorne | Elva | Fenn | Garra | Halse | Isen | Kell | Lorn | Mere | Nidda | Orva | Rhea | Sarn | Tarn | Ure | Vesk | Wyre
region = the north | the south | the east | the west | the north of {country} | the south of {country} | the west of {country} | the east of {country} | the coast of {country} | the centre of {country}
nationality = English | Scottish | Irish | French | Spanish | Portuguese | Italian | German | Austrian | Hungarian | Polish | Russian | Swedish | Norwegian | Danish | Greek | Turkish | Indian | Chinese | Japanese | Mexican | Canadian

# Qualities
colour = red | blue | green | yellow | white | black | brown | grey | orange | pink | purple
size = small | large | huge | tiny | great | little
quality = old | new | quiet | famous | strong | beautiful | strange | simple | important | rich | poor | dark | bright | narrow | wide | heavy | light | cold | warm | deep
praise = excellent | remarkable | brilliant | successful | popular | impressive
feeling = happy | sad | angry | afraid | tired | proud | hungry | lonely | surprised | ashamed

# Things
material = stone | wood | iron | brick | glass | copper | marble
building = church | castle | bridge | school | library | museum | theatre | station | hospital | market hall | tower | palace | mill | harbour | town hall | cathedral
craft = painting | music | poetry | architecture | medicine | chemistry | physics | mathematics | history | philosophy | law | astronomy | botany | geography
goods = wool | wine | salt | grain | timber | coal | silver | copper | cloth | leather | fish | cheese | butter | honey | silk | spices | paper | glass
food = bread | cheese | soup | rice | fruit | meat | honey | cake | butter | milk
object = lamp | book | letter | key | box | coat | hat | chair | table | window | door | clock | mirror | ring | knife | rope | basket | bottle | candle | coin
body_part = head | neck | back | tail | belly | breast | foot | ear | eye
measure = metres | kilometres | miles | feet
)";

}  // namespace featurescope::demo
